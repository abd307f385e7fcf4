"""Saturation: more colour or less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import LUMA, exact

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _saturation(image: ByteArray, *, factor: float) -> Edited:
    matrix = factor * np.eye(3) + (1 - factor) * np.array(LUMA)
    return Edited(exact(cv2.transform(image, matrix)))


SATURATION = Edit(
    name="saturation",
    family="colour",
    about="Makes colours stronger or paler.",
    parameters=(
        Graded(
            "factor",
            1,
            5,
            curve="multiplies",
            either="inverse",
            about="factor for the distance from grey",
        ),
    ),
    transform=_saturation,
)
