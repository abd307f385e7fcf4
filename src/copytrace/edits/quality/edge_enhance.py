"""Edge-enhance: each pixel against its eight neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import exact

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _edge_enhance(image: ByteArray, *, amount: float) -> Edited:
    kernel = np.full((3, 3), -amount, np.float32)
    kernel[1, 1] = 1 + 8 * amount
    return Edited(
        exact(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)).reshape(image.shape)
    )


EDGE_ENHANCE = Edit(
    name="edge-enhance",
    family="quality",
    about="Subtracts the eight neighbours from each pixel, which emphasises edges.",
    parameters=(Graded("amount", 0, 1, about="weight of each neighbour"),),
    transform=_edge_enhance,
)
