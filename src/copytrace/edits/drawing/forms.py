"""Pages from the same template: letters, invoices, chats and charts with a common frame and different content.

Two such pages are not copies of each other, and no other pictures are more alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from copytrace.edits.drawing.fonts import font, font_for
from copytrace.edits.drawing.words import random_words

if TYPE_CHECKING:
    from collections.abc import Callable

_WIDTHS, _HEIGHTS = (420, 520, 640), (480, 600, 760)
_FACES = ("serif", "sans", "mono")


class _Template(NamedTuple):
    """What all pages of a template share: size, margin, paper, ink, accent colour, and lettering."""

    size: tuple[int, int]
    margin: int
    paper: tuple[int, ...]
    ink: tuple[int, ...]
    accent: tuple[int, ...]
    face: str
    letters: int
    title: str


def draw_form(template: int, seed: int) -> Image.Image:
    """A page that depends only on its template and its seed: RGB, 420 to 760 pixels per side.

    Args:
        template: determines the kind of page, its layout, colours and headings.
        seed: determines the words, numbers and bars.
    """
    rng = np.random.default_rng((template, 2))
    kind = _KINDS[template % len(_KINDS)]
    tint = rng.integers(0, 24, 3)
    shared = _Template(
        (int(rng.choice(_WIDTHS)), int(rng.choice(_HEIGHTS))),
        int(rng.integers(20, 48)),
        tuple((255 - tint).tolist()),
        tuple(tint.tolist()),
        tuple(rng.integers(0, 200, 3).tolist()),
        str(rng.choice(_FACES)),
        int(rng.integers(9, 14)),
        random_words(rng, 3),
    )
    page = Image.new("RGB", shared.size, shared.paper)
    kind(ImageDraw.Draw(page), shared, np.random.default_rng((template, seed, 3)))
    return page


def _write(
    pen: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    shared: _Template,
    *,
    scale: float = 1,
    accent: bool = False,
) -> None:
    face = font(font_for(text, shared.face), round(scale * shared.letters))
    pen.text(at, text, font=face, fill=shared.accent if accent else shared.ink)


def _letter(pen: ImageDraw.ImageDraw, shared: _Template, rng: np.random.Generator) -> None:
    width, height = shared.size
    left, step = shared.margin, round(1.5 * shared.letters)
    pen.rectangle((left, left, left + 40, left + 40), fill=shared.accent)
    _write(pen, (left + 52, left + 8), shared.title, shared, scale=1.6, accent=True)
    pen.line((left, left + 56, width - left, left + 56), fill=shared.accent, width=2)
    for top in range(left + 80, height - 2 * left, step):
        if rng.random() > 0.12:  # noqa: PLR2004 - a gap between paragraphs now and then
            _write(pen, (left, top), random_words(rng, (width - 2 * left) // (6 * shared.letters)), shared)


def _invoice(pen: ImageDraw.ImageDraw, shared: _Template, rng: np.random.Generator) -> None:
    width, height = shared.size
    left, step = shared.margin, round(2.2 * shared.letters)
    _write(pen, (left, left), shared.title, shared, scale=2, accent=True)
    _write(pen, (width - left - 130, left + 4), f"No. {rng.integers(10**6):06d}", shared)
    top = left + 60
    pen.rectangle((left, top, width - left, top + step), fill=shared.accent)
    for _ in range(int(rng.integers(5, 11))):
        top += step
        if top > height - 3 * step:
            break
        pen.line((left, top + step, width - left, top + step), fill=shared.ink)
        _write(pen, (left + 6, top + 4), random_words(rng, int(rng.integers(2, 5))), shared)
        _write(pen, (width - left - 70, top + 4), f"{rng.integers(1, 999_99) / 100:.2f}", shared)
    _write(
        pen,
        (width - left - 110, height - left - step),
        f"{rng.integers(1, 9_999_99) / 100:.2f}",
        shared,
        scale=1.4,
    )


def _chat(pen: ImageDraw.ImageDraw, shared: _Template, rng: np.random.Generator) -> None:
    width, height = shared.size
    left = shared.margin
    pen.rectangle((0, 0, width, left + 30), fill=shared.accent)
    pen.ellipse((left, 8, left + 30, 38), fill=shared.paper)
    top = left + 44
    while top < height - 60:
        wide, tall = int(rng.integers(width // 4, 2 * width // 3)), int(rng.integers(26, 64))
        mine = rng.random() < 0.5  # noqa: PLR2004 - either side
        start = width - left - wide if mine else left
        pen.rounded_rectangle(
            (start, top, start + wide, top + tall), 12, fill=(220, 245, 220) if mine else (232, 232, 238)
        )
        for line in range(top + 6, top + tall - shared.letters, round(1.4 * shared.letters)):
            _write(pen, (start + 10, line), random_words(rng, max(1, wide // (7 * shared.letters))), shared)
        top += tall + 12


def _chart(pen: ImageDraw.ImageDraw, shared: _Template, rng: np.random.Generator) -> None:
    width, height = shared.size
    left, bottom = shared.margin + 24, height - shared.margin - 24
    _write(pen, (left, shared.margin // 2), shared.title, shared, scale=1.5)
    for line in range(6):
        top = bottom - line * (bottom - left) // 6
        pen.line((left, top, width - shared.margin, top), fill=(210, 210, 214))
        _write(pen, (shared.margin - 14, top - 6), str(20 * line), shared)
    bars = 8
    step = (width - shared.margin - left) // bars
    for bar in range(bars):
        tall = int(rng.integers(8, bottom - left - 20))
        pen.rectangle(
            (left + bar * step + 6, bottom - tall, left + (bar + 1) * step - 6, bottom), fill=shared.accent
        )
        _write(pen, (left + bar * step + 8, bottom + 6), str(2010 + bar), shared)


_KINDS: tuple[Callable[[ImageDraw.ImageDraw, _Template, np.random.Generator], None], ...] = (
    _letter,
    _invoice,
    _chat,
    _chart,
)
