"""Brightness: lighter or darker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import through_table

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _brightness(image: ByteArray, *, factor: float) -> Edited:
    return Edited(through_table(image, np.arange(256) * factor))


BRIGHTNESS = Edit(
    name="brightness",
    family="colour",
    about="Makes the image lighter or darker.",
    parameters=(Graded("factor", 1, 3, curve="multiplies", either="inverse", about="factor for all values"),),
    transform=_brightness,
)
