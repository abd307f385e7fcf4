"""Pad: a border all around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from copytrace.edits.drawing.paste import within
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, OneOf, Paint
from copytrace.edits.pixels import Colour, blurred, covering, exact, filled, scaled_size, short_side, size_of
from copytrace.geometry import Size, placed

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _pad(
    image: ByteArray, *, width: float, height: float, fill: str, colour: Colour, x: float, y: float
) -> Edited:
    size = size_of(image)
    wide, tall = scaled_size(size, 1 + width)[0], scaled_size(size, 1 + height)[1]
    left, top = within(wide, size[0], x), within(tall, size[1], y)
    if fill == "mirror":
        border = (top, tall - size[1] - top, left, wide - size[0] - left)
        canvas = exact(cv2.copyMakeBorder(image, *border, cv2.BORDER_REFLECT))
    else:
        canvas = filled((wide, tall), colour) if fill == "colour" else _backdrop(image, (wide, tall)).copy()
        canvas[top : top + size[1], left : left + size[0]] = image
    return Edited(canvas, placed((left, top, *size), size, (wide, tall)))


def _backdrop(image: ByteArray, size: Size) -> ByteArray:
    """The image itself, enlarged and blurred, as phones fill the space next to a portrait."""
    eighth = scaled_size(size, 1 / 8)
    small = covering(image, eighth)
    return covering(blurred(small, short_side(small) / 25), size)


PAD = Edit(
    name="pad",
    family="geometry",
    about="Puts a border around the image: one colour, its mirror image, or a blurred version of it.",
    parameters=(
        Graded("width", 0, 0.8, about="total border left and right, as a share of the image's width"),
        Graded("height", 0, 0.8, about="total border above and below, as a share of its height"),
        OneOf("fill", ("colour", "blur", "mirror"), about="content of the border"),
        Paint("colour", about="colour of a plain border"),
        Free("x", 0, 1, about="share of the border on the left"),
        Free("y", 0, 1, about="share of the border at the top"),
    ),
    transform=_pad,
    mapping="moves",
)
