"""Text over the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.drawing.fonts import FONTS
from copytrace.edits.drawing.paste import inked, lay, within
from copytrace.edits.drawing.text import text_mask
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, OneOf, Paint, Words
from copytrace.edits.pixels import Colour, short_side, size_of
from copytrace.geometry import unmoved

if TYPE_CHECKING:
    from copytrace.records import ByteArray

# Lines end just before the image does.
_LINE = 0.94


def _text(
    image: ByteArray,
    *,
    text: str,
    size: float,
    font: str,
    colour: Colour,
    opacity: float,
    degrees: float,
    x: float,
    y: float,
) -> Edited:
    pixels = round(size * short_side(image))
    if pixels == 0:
        return Edited(image, unmoved(size_of(image)))
    width, height = size_of(image)
    mask = text_mask(text, pixels=pixels, name=font, width=round(_LINE * width))
    sprite = inked(mask, colour).turned(degrees).faded(opacity)
    wide, tall = size_of(sprite.colours)
    canvas = image.copy()
    covered = lay(canvas, sprite, within(width, wide, x), within(height, tall, y))
    return Edited(canvas, unmoved(size_of(image), covered))


TEXT = Edit(
    name="text",
    family="overlay",
    about="Writes a few words over the image: Latin, Greek, Cyrillic, Armenian, Georgian or Hebrew.",
    parameters=(
        Words("text", about="the text"),
        Graded("size", 0, 0.35, about="height of the font, as a share of the short side"),
        OneOf("font", tuple(FONTS), about="the font"),
        Paint("colour", about="colour of the letters"),
        Free("opacity", 0.5, 1, about="opacity of the letters"),
        Free("degrees", -20, 20, about="rotation of the line"),
        Free("x", 0, 1, about="position, 0 left to 1 right"),
        Free("y", 0, 1, about="position, 0 top to 1 bottom"),
    ),
    transform=_text,
    mapping="covers",
)
