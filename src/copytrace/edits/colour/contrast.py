"""Contrast: higher or lower."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import through_table

if TYPE_CHECKING:
    from copytrace.records import ByteArray


_MIDDLE = 127.5


def _contrast(image: ByteArray, *, factor: float) -> Edited:
    return Edited(through_table(image, (np.arange(256) - _MIDDLE) * factor + _MIDDLE))


CONTRAST = Edit(
    name="contrast",
    family="colour",
    about="Moves values away from middle grey, or towards it.",
    parameters=(
        Graded(
            "factor",
            1,
            4,
            curve="multiplies",
            either="inverse",
            about="factor for the distance from grey",
        ),
    ),
    transform=_contrast,
)
