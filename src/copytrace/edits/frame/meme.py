"""Meme frame: a caption above or below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.drawing.paste import inked, lay
from copytrace.edits.drawing.text import fitted_text
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf, Words
from copytrace.edits.pixels import LONGEST_SIDE, filled, size_of
from copytrace.geometry import placed

if TYPE_CHECKING:
    from copytrace.edits.pixels import Colour
    from copytrace.records import ByteArray

_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)


def _meme(image: ByteArray, *, band: float, style: str, text: str, second: str, font: str) -> Edited:
    size = size_of(image)
    # A tall picture's caption is no taller than that of a square one.
    tall = round(band * min(size[1], 2 * size[0]))
    above = 0 if style == "poster" else tall
    below = 0 if style == "caption" else tall
    side = round(0.15 * tall) if style == "poster" else 0
    paper, ink = (_BLACK, _WHITE) if style == "poster" else (_WHITE, _BLACK)
    above += side
    width = min(LONGEST_SIDE, size[0] + 2 * side)
    height = min(LONGEST_SIDE, size[1] + above + below)
    canvas = filled((width, height), paper)
    if style == "poster":
        _outline(canvas, side, size[0], size[1])
    left = (width - size[0]) // 2
    canvas[above : above + size[1], left : left + size[0]] = image
    for words, top, room in ((text, 0, above - side), (second, above + size[1], below)):
        _write(canvas, words, top, room, font, ink)
    return Edited(canvas, placed((left, above, *size), size, (width, height)))


def _outline(canvas: ByteArray, side: int, width: int, height: int) -> None:
    """A thin white line around the picture, as in posters of this kind."""
    away = side // 4
    line = max(1, side // 8) if away else 0
    far = away + line
    canvas[side - far : side + height + far, side - far : side + width + far] = _WHITE
    canvas[side - away : side + height + away, side - away : side + width + away] = _BLACK


def _write(canvas: ByteArray, words: str, top: int, room: int, font: str, ink: Colour) -> None:  # noqa: PLR0917 - a place and what to write there
    """Centre words in a band of the canvas."""
    width = canvas.shape[1]
    if room * 0.76 < 1:
        return
    mask = fitted_text(words, (round(0.92 * width), round(0.76 * room)), name=font)
    wide, tall = size_of(mask)
    lay(canvas, inked(mask, ink), (width - wide) // 2, top + (room - tall) // 2)


MEME = Edit(
    name="meme",
    family="frame",
    about="Puts a caption above the image, above and below it, or below it in a black frame.",
    parameters=(
        Graded("band", 0, 0.5, about="height of a caption, as a share of the image's height"),
        OneOf(
            "style", ("caption", "both", "poster"), about="caption above, above and below, or a black poster"
        ),
        Words("text", most=7, about="the text above"),
        Words("second", most=5, about="the text below"),
        OneOf("font", ("sans-bold", "sans", "serif"), about="the font"),
    ),
    transform=_meme,
    mapping="moves",
)
