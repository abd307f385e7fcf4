"""Mirror top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.pixels import size_of
from copytrace.geometry import Projective

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _vflip(image: ByteArray) -> Edited:
    size = size_of(image)
    to_source = np.array([[1.0, 0, 0], [0, -1, size[1]], [0, 0, 1]])
    return Edited(np.ascontiguousarray(image[::-1]), Projective(size, size, to_source))


VFLIP = Edit(
    name="vflip",
    family="geometry",
    about="Mirrors the image top to bottom.",
    parameters=(),
    transform=_vflip,
    mapping="moves",
)
