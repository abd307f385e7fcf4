"""Text as an alpha mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from copytrace.edits.drawing.fonts import font

if TYPE_CHECKING:
    from copytrace.edits.pixels import Size
    from copytrace.records import ByteArray

# A line no taller than this is a smear whatever one does, and FreeType refuses size 0.
_SMALLEST = 1


def text_mask(
    text: str, *, pixels: int, name: str = "sans", width: int | None = None, stroke: int = 0
) -> ByteArray:
    """Set text, broken into lines where a width is given, and centred.

    Args:
        text: any printable text; Hebrew is set from right to left, as a whole line.
        pixels: the size of the font.
        name: one of `fonts.FONTS`.
        width: the most pixels that a line of several words may take.
        stroke: how far the letters are thickened.

    Returns:
        (h, w) uint8, how much each pixel is covered.
    """
    face = font(name, max(_SMALLEST, pixels))
    lines = "\n".join(_in_visual_order(line) for line in _broken(text, face.getlength, width))
    brush = ImageDraw.Draw(Image.new("L", (1, 1)))
    options = {"font": face, "align": "center", "stroke_width": stroke, "spacing": pixels * 0.15}
    left, top, right, bottom = brush.multiline_textbbox((0, 0), lines, **options)
    canvas = Image.new("L", (max(1, int(np.ceil(right - left))), max(1, int(np.ceil(bottom - top)))))
    ImageDraw.Draw(canvas).multiline_text((-left, -top), lines, fill=255, **options)
    return np.asarray(canvas)


def _broken(text: str, length: object, width: int | None) -> list[str]:
    """Break text into lines of at most a width, by taking as many words as fit."""
    if width is None or not callable(length):
        return [text]
    lines: list[str] = []
    for word in text.split():
        if lines and length(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [text]


def _in_visual_order(line: str) -> str:
    """Turn a line of Hebrew round, since the basic layout sets characters from left to right."""
    return line[::-1] if any("\u0590" <= letter <= "\u05ff" for letter in line) else line


def fitted_text(text: str, room: Size, *, name: str = "sans") -> ByteArray:
    """Set text as large as it fits into a room of (width, height) pixels, broken into lines.

    Returns:
        (h, w) uint8 no larger than the room, unless a single letter of one pixel is.
    """
    pixels = max(_SMALLEST, room[1])
    while True:
        mask = text_mask(text, pixels=pixels, name=name, width=room[0])
        if pixels == _SMALLEST or (mask.shape[1] <= room[0] and mask.shape[0] <= room[1]):
            return mask

        pixels = max(_SMALLEST, int(pixels * 0.8))
