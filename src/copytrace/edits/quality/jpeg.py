"""JPEG at low quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.quality.codecs import through_jpeg

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _jpeg(image: ByteArray, *, quality: int) -> Edited:
    return Edited(through_jpeg(image, quality))


JPEG = Edit(
    name="jpeg",
    family="quality",
    about="Saves and opens the image as JPEG.",
    parameters=(Graded("quality", 100, 4, curve="multiplies", whole=True, about="quality from 1 to 100"),),
    transform=_jpeg,
)
