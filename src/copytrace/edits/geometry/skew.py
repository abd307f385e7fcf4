"""Skew: the image as a parallelogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf, Paint
from copytrace.edits.pixels import LONGEST_SIDE, Colour, size_of
from copytrace.edits.warping import warped

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _skew(image: ByteArray, *, amount: float, axis: str, fill: Colour) -> Edited:
    width, height = size_of(image)
    to_source = np.eye(3)
    if axis == "x":
        size = (min(LONGEST_SIDE, width + round(abs(amount) * height)), height)
        to_source[0, 1:] = -amount, min(0.0, amount) * height
    else:
        size = (width, min(LONGEST_SIDE, height + round(abs(amount) * width)))
        to_source[1, 0], to_source[1, 2] = -amount, min(0.0, amount) * width
    return warped(image, to_source, size, fill)


SKEW = Edit(
    name="skew",
    family="geometry",
    about="Shears the image into a parallelogram; the canvas grows to fit it.",
    parameters=(
        Graded(
            "amount", 0, 0.8, either="minus", about="shift between neighbouring rows or columns, in pixels"
        ),
        OneOf("axis", ("x", "y"), about="whether rows or columns move"),
        Paint("fill", about="colour of the corners"),
    ),
    transform=_skew,
    mapping="moves",
)
