"""Pixelate: squares of one colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import exact, resized, short_side, size_of

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _pixelate(image: ByteArray, *, cell: float) -> Edited:
    side = max(1, round(cell * short_side(image)))
    if side == 1:
        return Edited(image)
    width, height = size_of(image)
    small = resized(image, (-(-width // side), -(-height // side)))
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    return Edited(exact(large).reshape(image.shape))


PIXELATE = Edit(
    name="pixelate",
    family="quality",
    about="Replaces squares with their mean colour.",
    parameters=(Graded("cell", 0, 0.08, about="side of a square, as a share of the short side"),),
    transform=_pixelate,
)
