"""Resize: the whole image, smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import resized, scaled_size, size_of
from copytrace.geometry import placed

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _resize(image: ByteArray, *, factor: float) -> Edited:
    size = scaled_size(size_of(image), factor)
    return Edited(resized(image, size), placed((0, 0, *size), size_of(image), size))


RESIZE = Edit(
    name="resize",
    family="geometry",
    about="Scales the image down.",
    parameters=(Graded("factor", 1, 0.15, curve="multiplies", about="new width divided by old width"),),
    transform=_resize,
    mapping="moves",
)
