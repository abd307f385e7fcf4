"""Oil painting: strokes of one colour, sharp at edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import exact, grey_of, short_side

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _oil(image: ByteArray, *, stroke: float) -> Edited:
    """The Kuwahara filter: each pixel becomes the mean of the most uniform of the four squares at its corners."""
    side = round(stroke * short_side(image))
    if side == 0:
        return Edited(image)
    # The mean over a window, read at the window's corners instead of its centre.
    border = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_REPLICATE)
    grey = grey_of(exact(border)).astype(np.float32)
    window = (side + 1, side + 1)
    means = cv2.boxFilter(border, -1, window, anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    level = cv2.boxFilter(grey, -1, window, anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    square = cv2.sqrBoxFilter(grey, -1, window, anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    unevenness = square - level * level
    height, width = image.shape[:2]
    corners = [np.s_[top : top + height, left : left + width] for top in (0, side) for left in (0, side)]
    painted = exact(means)[corners[0]].copy()
    least = unevenness[corners[0]].copy()
    for corner in corners[1:]:
        better = unevenness[corner] < least
        cv2.copyTo(np.ascontiguousarray(exact(means)[corner]), better.astype(np.uint8), painted)
        np.minimum(least, unevenness[corner], out=least)
    return Edited(painted)


OIL = Edit(
    name="oil",
    family="artistic",
    about="Paints the image in strokes of one colour that end at edges.",
    parameters=(Graded("stroke", 0, 0.03, about="width of a stroke, as a share of the short side"),),
    transform=_oil,
)
