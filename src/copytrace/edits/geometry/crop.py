"""Crop: keep a window."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.paste import within
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded
from copytrace.edits.pixels import size_of
from copytrace.geometry import placed

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _crop(image: ByteArray, *, area: float, ratio: float, x: float, y: float) -> Edited:
    size = size_of(image)
    across = min(1, max(area, sqrt(area * ratio)))
    width, height = max(1, round(size[0] * across)), max(1, round(size[1] * area / across))
    left, top = within(size[0], width, x), within(size[1], height, y)
    window = np.ascontiguousarray(image[top : top + height, left : left + width])
    return Edited(window, placed((-left, -top, *size), size, (width, height)))


CROP = Edit(
    name="crop",
    family="geometry",
    about="Keeps a window of the image.",
    parameters=(
        Graded("area", 1, 0.1, curve="multiplies", about="share of the area to keep"),
        Graded(
            "ratio",
            1,
            2,
            curve="multiplies",
            either="inverse",
            about="width to height, relative to the image's",
        ),
        Free("x", 0, 1, about="position of the window, 0 left to 1 right"),
        Free("y", 0, 1, about="position of the window, 0 top to 1 bottom"),
    ),
    transform=_crop,
    mapping="moves",
)
