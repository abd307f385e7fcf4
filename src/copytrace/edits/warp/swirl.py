"""Swirl: rotated most in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded
from copytrace.edits.pixels import short_side, size_of
from copytrace.edits.warping import displaced

if TYPE_CHECKING:
    from copytrace.records import ByteArray, Float32Array


def _swirl(image: ByteArray, *, degrees: float, radius: float, x: float, y: float) -> Edited:
    width, height = size_of(image)
    centre_x, centre_y, reach = x * width, y * height, radius * short_side(image)

    def source_of(to_x: Float32Array, to_y: Float32Array) -> tuple[Float32Array, Float32Array]:
        across, down = to_x - centre_x, to_y - centre_y
        turn = np.radians(degrees) * np.clip(1 - (across**2 + down**2) / reach**2, 0, None) ** 2
        return (
            centre_x + across * np.cos(turn) - down * np.sin(turn),
            centre_y + across * np.sin(turn) + down * np.cos(turn),
        )

    return displaced(image, source_of)


SWIRL = Edit(
    name="swirl",
    family="warp",
    about="Rotates the middle of a disc against its rim.",
    parameters=(
        Graded("degrees", 0, 130, either="minus", about="rotation of the middle"),
        Free("radius", 0.4, 0.7, about="radius of the disc, as a share of the short side"),
        Free("x", 0.3, 0.7, about="middle of the disc, as a share of the width"),
        Free("y", 0.3, 0.7, about="middle of the disc, as a share of the height"),
    ),
    transform=_swirl,
    mapping="moves",
)
