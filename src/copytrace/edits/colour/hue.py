"""Hue: all colours rotated on the colour circle."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import LUMA, exact

if TYPE_CHECKING:
    from copytrace.records import ByteArray


# The two colour axes of the YIQ space, in which a change of hue is a plain rotation that preserves the luma.
_IN_PHASE = (0.596, -0.274, -0.322)
_QUADRATURE = (0.211, -0.523, 0.312)


def _hue(image: ByteArray, *, degrees: float) -> Edited:
    turn = radians(degrees)
    to_yiq = np.array([LUMA, _IN_PHASE, _QUADRATURE])
    rotation = np.array([[1, 0, 0], [0, cos(turn), -sin(turn)], [0, sin(turn), cos(turn)]])
    return Edited(exact(cv2.transform(image, np.linalg.inv(to_yiq) @ rotation @ to_yiq)))


HUE = Edit(
    name="hue",
    family="colour",
    about="Rotates all colours on the colour circle.",
    parameters=(Graded("degrees", 0, 180, either="minus", about="angle on the colour circle"),),
    transform=_hue,
)
