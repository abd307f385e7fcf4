"""A screenshot of a browser that shows the image on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.panel import THEMES, WIDTH, Panel
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf, Seed
from copytrace.edits.pixels import LONGEST_SIDE, Colour, filled, size_of
from copytrace.geometry import placed

if TYPE_CHECKING:
    from copytrace.records import ByteArray

_TABS, _BAR, _HEADLINE = 54, 66, 190
_BUTTONS: tuple[Colour, ...] = ((255, 95, 86), (255, 189, 46), (39, 201, 63))
_SITES = (
    "daily-lens.example",
    "photos.example",
    "kanal9.example/news",
    "forum.example/t/4812",
    "blog.example",
)
_HEADLINES = (
    "Best day ever, they say",
    "Breaking news today",
    "How it started",
    "Top 10 moments",
    "This is fine",
)


def _browser(image: ByteArray, *, chrome: float, theme: str, column: str, seed: int) -> Edited:
    size = size_of(image)
    side = chrome * 0.12 * size[0]
    beside = chrome * 0.6 * size[0] if column == "beside" else side
    width = min(LONGEST_SIDE, round(size[0] + side + beside))
    # A page narrower than the layout shows the picture smaller, down to nothing with increasing strength.
    unit = width / WIDTH * min(1, 1.6 * chrome)
    above = round((_TABS + _BAR + _HEADLINE) * unit)
    height = min(LONGEST_SIDE, round(size[1] + above + chrome * 0.3 * min(size)))
    left, above = min(round(side), width - size[0]), min(above, height - size[1])
    scale = WIDTH / width
    rng = np.random.default_rng(seed)
    # A page is drawn at most four screens long; the rest is empty.
    drawn = min(height, 4 * width)
    panel = Panel(round(drawn * scale), THEMES[theme])
    _page(panel, rng, (left * scale, above * scale, size[0] * scale, size[1] * scale))
    _bars(panel, rng, unit * scale)
    canvas = filled((width, height), THEMES[theme].ground)
    canvas[:drawn] = panel.pixels((width, drawn))
    canvas[above : above + size[1], left : left + size[0]] = image
    return Edited(canvas, placed((left, above, *size), size, (width, height)))


def _bars(panel: Panel, rng: np.random.Generator, unit: float) -> None:
    """Tabs, buttons and the address; `unit` of 1 is their full height."""
    theme = panel.theme
    tabs, bar = _TABS * unit, _BAR * unit
    panel.box(0, 0, WIDTH, tabs + bar, theme.bar)
    for i, colour in enumerate(_BUTTONS):
        panel.disc(34 * unit + 34 * unit * i, tabs / 2, 10 * unit, colour)
    panel.box(150 * unit, 8 * unit, 300 * unit, tabs, theme.ground, 12 * unit)
    site = _SITES[int(rng.integers(len(_SITES)))]
    letters = max(1, round(24 * unit))
    panel.text(176 * unit, 20 * unit, site.split(".")[0], letters, theme.ink)
    panel.text(480 * unit, 18 * unit, "+", letters, theme.faint)
    panel.box(0, tabs, WIDTH, bar, theme.ground)
    middle = tabs + bar / 2
    for x, way in ((36 * unit, 1), (84 * unit, -1)):
        tip = [(x + 7 * unit * way, middle - 11 * unit), (x - 5 * unit * way, middle)]
        panel.outline([*tip, (x + 7 * unit * way, middle + 11 * unit)], theme.faint, max(1, round(4 * unit)))
    panel.ring(136 * unit, middle, 12 * unit, theme.faint, max(1, round(4 * unit)))
    panel.box(180 * unit, tabs + 10 * unit, WIDTH - 250 * unit, bar - 20 * unit, theme.bar, 22 * unit)
    panel.text(206 * unit, tabs + 19 * unit, f"https://{site}", letters, theme.ink)
    for i in (-1, 0, 1):
        panel.disc(WIDTH - 34 * unit, middle + 10 * unit * i, 3 * unit, theme.faint)


def _page(panel: Panel, rng: np.random.Generator, box: tuple[float, float, float, float]) -> None:
    """A headline above the picture, text below it, and text next to it if there is room."""
    theme = panel.theme
    left, top, width, height = box
    unit = top / (_TABS + _BAR + _HEADLINE)
    large, small = max(1, round(56 * unit)), max(1, round(30 * unit))
    text = max(left, 8)
    panel.text(
        text, top - 160 * unit, _HEADLINES[int(rng.integers(len(_HEADLINES)))], large, theme.ink, "serif"
    )
    panel.text(text, top - 72 * unit, f"by M. Lind, {rng.integers(2, 59)} minutes ago", small, theme.faint)
    size = 28
    panel.paragraph(
        text, top + height + 24, width, max(1, int((panel.height - top - height) / size / 1.45)), size, rng
    )
    room = WIDTH - (left + width) - 60
    if room > 120:  # noqa: PLR2004 - a column of one or two words
        panel.paragraph(left + width + 36, top, room, max(1, int(height / size / 1.45)), size, rng)


BROWSER = Edit(
    name="browser",
    family="frame",
    about="Shows the image on a page in a browser's screenshot.",
    parameters=(
        Graded("chrome", 0, 1, about="amount of bars, margins and text around the image"),
        OneOf("theme", tuple(THEMES), about="colours of the browser and the page"),
        OneOf(
            "column", ("beside", "below"), about="whether there is text next to the image or only below it"
        ),
        Seed("seed", about="random seed of the site, headline and text"),
    ),
    transform=_browser,
    mapping="moves",
)
