"""Posterise: few values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import through_table

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _posterise(image: ByteArray, *, levels: int) -> Edited:
    steps = np.minimum(np.arange(256) * levels // 256, levels - 1)
    return Edited(through_table(image, steps * 255 / (levels - 1)))


POSTERISE = Edit(
    name="posterise",
    family="colour",
    about="Reduces each channel to a few values.",
    parameters=(
        Graded("levels", 48, 2, curve="multiplies", whole=True, about="remaining values per channel"),
    ),
    transform=_posterise,
)
