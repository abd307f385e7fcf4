"""WebP at low quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.quality.codecs import through_webp

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _webp(image: ByteArray, *, quality: int) -> Edited:
    return Edited(through_webp(image, quality))


WEBP = Edit(
    name="webp",
    family="quality",
    about="Saves and opens the image as WebP.",
    parameters=(Graded("quality", 100, 1, curve="multiplies", whole=True, about="quality from 1 to 100"),),
    transform=_webp,
)
