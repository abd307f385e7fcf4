"""Gamma: lighter or darker middle tones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import through_table

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _gamma(image: ByteArray, *, exponent: float) -> Edited:
    return Edited(through_table(image, 255 * (np.arange(256) / 255) ** exponent))


GAMMA = Edit(
    name="gamma",
    family="colour",
    about="Raises values to a power: black and white stay, mid-tones change.",
    parameters=(
        Graded(
            "exponent", 1, 3.5, curve="multiplies", either="inverse", about="exponent for values from 0 to 1"
        ),
    ),
    transform=_gamma,
)
