"""Aspect ratio: stretch one way."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import LONGEST_SIDE, resized, size_of
from copytrace.geometry import placed

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _aspect(image: ByteArray, *, ratio: float) -> Edited:
    size = size_of(image)
    width, height = (
        min(LONGEST_SIDE, max(1, round(side * factor)))
        for side, factor in zip(size, (sqrt(ratio), 1 / sqrt(ratio)), strict=True)
    )
    return Edited(resized(image, (width, height)), placed((0, 0, width, height), size, (width, height)))


ASPECT = Edit(
    name="aspect",
    family="geometry",
    about="Stretches the image in width or height, keeping its area.",
    parameters=(
        Graded(
            "ratio",
            1,
            3,
            curve="multiplies",
            either="inverse",
            about="width to height, relative to the image's",
        ),
    ),
    transform=_aspect,
    mapping="moves",
)
