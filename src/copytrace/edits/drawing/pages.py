"""Pages of text, like scans and screenshots of documents: alike from afar, different in every word."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from copytrace.edits.drawing.fonts import font, font_for
from copytrace.edits.drawing.words import random_words

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from copytrace.records import ByteArray

_SIZES = ((420, 594), (594, 420), (480, 480), (400, 640), (640, 360))
_FONTS = ("serif", "sans", "mono", "sans-bold")
_LEAST_COLUMN = 120


class _Type(NamedTuple):
    """How text is set: the font's name, its height in pixels, and the colour of the ink."""

    face: str
    size: int
    ink: tuple[int, ...]


def draw_page(seed: int) -> Image.Image:
    """A page that depends only on the seed: RGB, about 500 pixels per side, with headings, columns and figures."""
    rng = np.random.default_rng((seed, 1))
    width, height = _SIZES[rng.integers(len(_SIZES))]
    dark_on_light = rng.random() < 0.85  # noqa: PLR2004 - the rest are light on dark
    tint = rng.integers(0, 40, 3)
    paper, ink = (255 - tint, tint) if dark_on_light else (tint, 255 - tint)
    page = Image.fromarray(np.broadcast_to(paper.astype(np.uint8), (height, width, 3)).copy())
    margin = int(rng.integers(12, 48))
    columns = int(rng.integers(1, max(2, (width - 2 * margin) // _LEAST_COLUMN + 1)))
    gap = int(rng.integers(8, 20))
    column = (width - 2 * margin - gap * (columns - 1)) // columns
    size, face = int(rng.integers(7, 20)), _FONTS[rng.integers(len(_FONTS))]
    letters = _Type(face, size, tuple(ink.tolist()))
    for number in range(columns):
        _fill_column(page, rng, (margin + number * (column + gap), margin, column), letters)
    return page


def _fill_column(
    page: Image.Image, rng: np.random.Generator, place: tuple[int, int, int], letters: _Type
) -> None:
    """Headings, paragraphs and figures from the top of a column to its end; `place` is left, top and width."""
    pen = ImageDraw.Draw(page)
    left, top, width = place
    size, bottom = letters.size, page.height - top
    while top < bottom - size:
        kind = rng.random()
        if kind < 0.15 and bottom - top > 4 * size:  # noqa: PLR2004 - a figure now and then
            tall = min(bottom - top, int(rng.integers(3 * size, 12 * size)))
            page.paste(Image.fromarray(_figure(rng, width, tall)), (left, top))
            top += tall + size
        elif kind < 0.3:  # noqa: PLR2004 - or a heading
            heading = _Type("sans-bold", round(1.6 * size), letters.ink)
            top = _paragraph(pen, rng, (left, top, width, bottom), heading, lines=1)
        else:
            top = _paragraph(pen, rng, (left, top, width, bottom), letters, lines=int(rng.integers(2, 9)))


def _paragraph(
    pen: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    place: tuple[int, int, int, int],
    letters: _Type,
    *,
    lines: int,
) -> int:
    """Write some lines of words, the last one short; return the position below them."""
    left, top, width, bottom = place
    for line in range(lines):
        if top > bottom - letters.size:
            break
        share = rng.uniform(0.3, 0.9) if line == lines - 1 else 1.0
        text, face = _line(rng, letters, share * width)
        pen.text((left, top), text, font=face, fill=letters.ink)
        top += round(1.3 * letters.size)
    return top + round(0.7 * letters.size)


def _line(rng: np.random.Generator, letters: _Type, width: float) -> tuple[str, FreeTypeFont]:
    """Words that fill a width, and a font with all of their letters."""
    text = random_words(rng, 6)
    face = font(font_for(text, letters.face), letters.size)
    while face.getlength(text) < width:
        text = f"{text} {random_words(rng, 6)}"
        face = font(font_for(text, letters.face), letters.size)
    while face.getlength(text) > width and " " in text:
        text = text.rsplit(" ", 1)[0]
    return text, face


def _figure(rng: np.random.Generator, width: int, height: int) -> ByteArray:
    """A picture in the text: smooth colours, as photographs look at that size."""
    coarse = rng.integers(0, 256, (int(rng.integers(2, 6)), int(rng.integers(2, 6)), 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((max(1, width), max(1, height)), Image.Resampling.BICUBIC)
    return np.asarray(picture)
