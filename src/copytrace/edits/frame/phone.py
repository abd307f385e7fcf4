"""A screenshot of a phone that shows the image in an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.panel import THEMES, WIDTH, Panel
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf, Seed
from copytrace.edits.pixels import LONGEST_SIDE, size_of
from copytrace.geometry import placed

if TYPE_CHECKING:
    from copytrace.edits.drawing.panel import Theme
    from copytrace.edits.pixels import Colour
    from copytrace.records import ByteArray

# Heights in units, with a screen width of 1080: status bar, app bar and name above; icons, comments and the bar of
# buttons below.
_STATUS, _APP, _NAME = 70, 110, 130
_ICONS, _LINE, _BUTTONS = 110, 60, 130
_HEADER, _FOOTER = _STATUS + _APP + _NAME, _ICONS + 8 * _LINE + _BUTTONS

_FACES: tuple[Colour, ...] = ((214, 92, 92), (92, 150, 214), (98, 178, 120), (220, 170, 70), (150, 110, 200))
_NAMES = ("mara.k", "old_harbour", "jonas & lea", "the daily frame", "city walks", "tomi_94")
_APPS = ("pixelbay", "Fotogram", "loopd", "Hallo")


def _phone(image: ByteArray, *, chrome: float, theme: str, seed: int) -> Edited:
    width, height = size_of(image)
    unit = width / WIDTH * chrome
    above, below = round(_HEADER * unit), round(_FOOTER * unit)
    total = min(LONGEST_SIDE, height + above + below)
    below = total - height - above
    rng = np.random.default_rng(seed)
    canvas = np.empty((total, width, 3), np.uint8)
    # Bars are drawn as wide as the screen, whatever part of their height is visible.
    if above > 0:
        canvas[:above] = _header(rng, THEMES[theme], round(_HEADER * chrome)).pixels((width, above))
    canvas[above : above + height] = image
    if below > 0:
        canvas[above + height :] = _footer(rng, THEMES[theme], round(_FOOTER * chrome)).pixels((width, below))
    return Edited(canvas, placed((0, above, width, height), (width, height), (width, total)))


def _header(rng: np.random.Generator, theme: Theme, height: int) -> Panel:
    """The poster's name, above it the app's name, above that the status bar, as far as there is room.

    Whatever the edge would cut is omitted: no screenshot shows half a line at its top.
    """
    panel = Panel(height, theme)
    name = height - _NAME
    app = name - _APP
    if name >= 0:
        _name_bar(panel, name, rng)
    if app >= 0:
        _app_bar(panel, app, rng)
    if name < 0 or app >= _STATUS:
        _status_bar(panel, (app if app >= _STATUS else height) - _STATUS, rng)
    return panel


def _name_bar(panel: Panel, name: int, rng: np.random.Generator) -> None:
    """The face and name of the person who posted the picture."""
    theme = panel.theme
    panel.disc(80, name + 65, 42, _FACES[int(rng.integers(len(_FACES)))])
    panel.text(150, name + 22, _NAMES[int(rng.integers(len(_NAMES)))], 38, theme.ink, "sans-bold")
    panel.text(150, name + 70, f"{rng.integers(2, 24)} h", 30, theme.faint)
    for i in range(3):
        panel.disc(970 + 22 * i, name + 65, 6, theme.ink)


def _app_bar(panel: Panel, app: int, rng: np.random.Generator) -> None:
    """The app's name and a magnifying glass."""
    theme = panel.theme
    panel.text(40, app + 24, _APPS[int(rng.integers(len(_APPS)))], 52, theme.ink, "serif-italic")
    panel.ring(930, app + 50, 24, theme.ink)
    panel.outline([(948, app + 68), (972, app + 92)], theme.ink, 6)


def _status_bar(panel: Panel, top: int, rng: np.random.Generator) -> None:
    """The time, the signal and the battery."""
    ink = panel.theme.ink
    panel.text(50, top + 14, f"{rng.integers(0, 24)}:{rng.integers(0, 60):02d}", 36, ink, "sans-bold")
    for i in range(4):
        panel.box(820 + 16 * i, top + 44 - 8 * i, 11, 8 + 8 * i, ink, 2)
    panel.text(896, top + 18, "4G", 28, ink, "sans-bold")
    panel.box(960, top + 20, 66, 32, ink, 9)
    panel.box(964, top + 24, 58, 24, panel.theme.ground, 6)
    panel.box(967, top + 27, 52 * float(rng.uniform(0.15, 1)), 18, ink, 4)


def _footer(rng: np.random.Generator, theme: Theme, height: int) -> Panel:
    """Icons, likes and comments, and the bar of buttons at the bottom of the screen."""
    panel = Panel(height, theme)
    _icons(panel, liked=bool(rng.integers(2)))
    panel.text(44, _ICONS + 4, f"{rng.integers(2, 9000):,} likes", 36, theme.ink, "sans-bold")
    # Comments, one every two lines, as far down as there is room.
    for row in range(1, 8, 2):
        top = _ICONS + row * _LINE
        end = panel.text(44, top, _NAMES[int(rng.integers(len(_NAMES)))], 34, theme.ink, "sans-bold")
        panel.paragraph(end + 16, top, WIDTH - end - 80, 1, 34, rng)
        panel.text(44, top + 46, f"{rng.integers(2, 59)} min   Reply", 26, theme.faint)
    bar = height - _BUTTONS
    if bar >= _ICONS:
        _buttons(panel, bar)
    return panel


def _buttons(panel: Panel, bar: int) -> None:
    """The bar at the bottom of the screen: home, search, new, and so on."""
    theme = panel.theme
    panel.box(0, bar, WIDTH, _BUTTONS, theme.bar)
    for i in range(5):
        centre = 108 + 216 * i
        if i == 2:  # noqa: PLR2004 - the middle one
            panel.box(centre - 32, bar + 26, 64, 64, theme.ink, 14)
            panel.box(centre - 16, bar + 55, 32, 6, theme.bar)
            panel.box(centre - 3, bar + 42, 6, 32, theme.bar)
        else:
            panel.ring(centre, bar + 58, 26 if i % 2 else 30, theme.ink if i == 0 else theme.faint, 6)
    panel.box(WIDTH / 2 - 170, panel.height - 18, 340, 9, theme.ink, 5)


def _icons(panel: Panel, *, liked: bool) -> None:
    """A heart, a speech bubble, an arrow and a bookmark."""
    ink = panel.theme.ink
    colour = (237, 73, 86) if liked else ink
    for x in (61, 87):
        panel.disc(x, 46, 15, colour)
    panel.outline([(50, 52), (74, 78), (98, 52)], colour, 12)
    panel.box(64, 46, 20, 22, colour)
    panel.ring(164, 54, 27, ink, 6)
    panel.outline([(142, 70), (136, 84), (158, 79)], ink, 6)
    panel.outline([(222, 36), (276, 32), (246, 82), (238, 56), (222, 36)], ink, 6)
    panel.outline([(238, 56), (276, 32)], ink, 6)
    panel.outline([(980, 84), (980, 30), (1022, 30), (1022, 84), (1001, 64), (980, 84)], ink, 6)


PHONE = Edit(
    name="phone",
    family="frame",
    about="Shows the image in an app, in a screenshot of a phone.",
    parameters=(
        Graded("chrome", 0, 1, about="share of the app's bars and comments to draw"),
        OneOf("theme", tuple(THEMES), about="colours of the app"),
        Seed("seed", about="random seed of names, time and comments"),
    ),
    transform=_phone,
    mapping="moves",
)
