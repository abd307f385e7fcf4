"""Solarise: light parts turn dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import through_table

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _solarise(image: ByteArray, *, threshold: int) -> Edited:
    values = np.arange(256)
    return Edited(through_table(image, np.where(values < threshold, values, 255 - values)))


SOLARISE = Edit(
    name="solarise",
    family="colour",
    about="Inverts all values above a threshold.",
    parameters=(Graded("threshold", 256, 40, whole=True, about="values from this one upwards are inverted"),),
    transform=_solarise,
)
