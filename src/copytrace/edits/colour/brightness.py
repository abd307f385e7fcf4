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
    about="Multiplies all values, so that the image gets lighter or darker.",
    parameters=(
        Graded("factor", 1, 3, curve="multiplies", either="inverse", about="what values are multiplied by"),
    ),
    transform=_brightness,
)
