"""Re-encode: saved several times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import resized, scaled_size, size_of
from copytrace.edits.quality.codecs import through_jpeg

if TYPE_CHECKING:
    from copytrace.records import ByteArray


# Each platform has its own size: alternating with a slightly smaller one keeps the blocks from aligning.
_OTHER_SIZE = 0.93


def _reencode(image: ByteArray, *, rounds: int, quality: int) -> Edited:
    size = size_of(image)
    for turn in range(rounds):
        smaller = turn % 2 == 1
        image = through_jpeg(resized(image, scaled_size(size, _OTHER_SIZE) if smaller else size), quality)
    return Edited(resized(image, size))


REENCODE = Edit(
    name="reencode",
    family="quality",
    about="Saves the image as JPEG several times, at two alternating sizes, as reposting does.",
    parameters=(
        Graded("rounds", 1, 5, whole=True, about="number of times it is saved"),
        Graded("quality", 100, 12, curve="multiplies", whole=True, about="quality of each JPEG, 1 to 100"),
    ),
    transform=_reencode,
)
