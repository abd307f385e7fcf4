"""Rotate by 90, 180 or 270 degrees, without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import OneOf
from copytrace.edits.pixels import size_of
from copytrace.geometry import Projective

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _quarter_turn(image: ByteArray, *, degrees: int) -> Edited:
    width, height = size_of(image)
    to_source = {
        90: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
        180: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
        270: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
    }[degrees]
    turned = np.ascontiguousarray(np.rot90(image, degrees // 90))
    return Edited(turned, Projective(size_of(turned), (width, height), np.array(to_source, dtype=np.float64)))


QUARTER_TURN = Edit(
    name="quarter-turn",
    family="geometry",
    about="Rotates the image by 90, 180 or 270 degrees.",
    parameters=(OneOf("degrees", (90, 180, 270), about="anticlockwise"),),
    transform=_quarter_turn,
    mapping="moves",
)
