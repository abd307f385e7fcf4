"""Text as an alpha mask."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from copytrace.edits.drawing.fonts import font, font_for

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from copytrace.geometry import Size
    from copytrace.records import ByteArray


def text_mask(text: str, *, pixels: int, name: str = "sans", width: int | None = None) -> ByteArray:
    """Set text, centred, broken into lines if a width is given.

    Args:
        text: any printable text; Hebrew is set from right to left, line by line.
        pixels: size of the font.
        name: one of `fonts.FONTS`; a font that lacks a letter is replaced by one that has it.
        width: the largest width in pixels of a line with several words.

    Returns:
        (h, w) uint8, how much each pixel is covered.
    """
    face = font(font_for(text, name), pixels)
    lines = "\n".join(_in_visual_order(line) for line in _broken(text, face, width))
    left, top, right, bottom = _box(lines, face)
    canvas = Image.new("L", (max(1, ceil(right - left)), max(1, ceil(bottom - top))))
    brush = ImageDraw.Draw(canvas)
    brush.multiline_text((-left, -top), lines, 255, face, align="center", spacing=_spacing(face))
    return np.asarray(canvas)


def fitted_text(text: str, room: Size, *, name: str = "sans") -> ByteArray:
    """Set text as large as fits into (width, height) pixels, broken into lines.

    Returns:
        (h, w) uint8 no larger than the room, unless the smallest letters are.
    """
    pixels = max(1, room[1])
    while pixels > 1:
        face = font(font_for(text, name), pixels)
        left, top, right, bottom = _box("\n".join(_broken(text, face, room[0])), face)
        if right - left <= room[0] and bottom - top <= room[1]:
            break
        pixels = int(pixels * 0.85)
    return text_mask(text, pixels=max(1, pixels), name=name, width=room[0])


def _box(lines: str, face: FreeTypeFont) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the area that the lines cover."""
    brush = ImageDraw.Draw(Image.new("L", (1, 1)))
    return brush.multiline_textbbox((0, 0), lines, face, align="center", spacing=_spacing(face))


def _spacing(face: FreeTypeFont) -> float:
    return face.size * 0.15


def _broken(text: str, face: FreeTypeFont, width: int | None) -> list[str]:
    """Break text into lines of at most the given width, with as many words as fit."""
    if width is None:
        return [text]
    lines: list[str] = []
    for word in text.split():
        if lines and face.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [text]


def _in_visual_order(line: str) -> str:
    """Reverse a line of Hebrew, since the basic layout sets characters from left to right."""
    return line[::-1] if any("\u0590" <= letter <= "\u05ff" for letter in line) else line
