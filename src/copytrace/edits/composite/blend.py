"""Another image shining through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, Photo, Seed
from copytrace.edits.pixels import mixed, size_of

if TYPE_CHECKING:
    from copytrace.edits.supplies import Photograph
    from copytrace.records import ByteArray


def _blend(
    image: ByteArray,
    *,
    photo: Photograph,
    seed: int,  # noqa: ARG001 - the drawn background's, which `photo` already knows
    opacity: float,
) -> Edited:
    return Edited(mixed(image, photo.covering(size_of(image)), opacity))


BLEND = Edit(
    name="blend",
    family="composite",
    about="Mixes another photograph into the whole image.",
    parameters=(
        Photo("photo", about="the photograph to mix in"),
        Seed("seed", about="random seed of the picture that replaces a missing photograph"),
        Graded("opacity", 0, 0.65, about="opacity of the other photograph"),
    ),
    transform=_blend,
)
