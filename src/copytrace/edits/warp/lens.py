"""Lens distortion: barrel and pincushion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import size_of
from copytrace.edits.warping import displaced

if TYPE_CHECKING:
    from copytrace.records import ByteArray, Float32Array


def _lens(image: ByteArray, *, bend: float) -> Edited:
    width, height = size_of(image)
    # Distances are measured in half diagonals, so corners are at 1.
    scale = 2 / (width**2 + height**2) ** 0.5
    nearest_edge = (min(width, height) * scale / 2) ** 2
    # The image stays full: corners stay for a positive bend, the nearest edges for a negative one.
    whole = 1 + bend * (1 if bend > 0 else nearest_edge)

    def source_of(x: Float32Array, y: Float32Array) -> tuple[Float32Array, Float32Array]:
        across, down = (x - width / 2) * scale, (y - height / 2) * scale
        factor = (1 + bend * (across**2 + down**2)) / (whole * scale)
        return across * factor + width / 2, down * factor + height / 2

    return displaced(image, source_of)


LENS = Edit(
    name="lens",
    family="warp",
    about="Bends the image outward or inward, like a wide-angle or a telephoto lens.",
    parameters=(
        Graded(
            "bend",
            0,
            0.45,
            either="minus",
            about="shift of the corners: outward if positive, inward if negative",
        ),
    ),
    transform=_lens,
    mapping="moves",
)
