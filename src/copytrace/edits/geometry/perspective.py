"""Perspective: the image seen from an angle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, Paint, Seed
from copytrace.edits.pixels import Colour, size_of
from copytrace.edits.warping import warped

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import ByteArray, FloatArray


def _perspective(image: ByteArray, *, amount: float, seed: int, fill: Colour) -> Edited:
    size = size_of(image)
    inward = np.random.default_rng(seed).uniform(0, amount, (4, 2))
    return warped(image, corners_to_source(size, inward), size, fill)


def corners_to_source(size: Size, inward: FloatArray) -> FloatArray:
    """The matrix from an image with moved corners back to the original.

    Args:
        size: size of the image before and after.
        inward: (4, 2) how far each corner (top left, top right, bottom right, bottom left) moves towards the
            centre, as shares of width and height.
    """
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64)
    moved = corners + inward * np.sign(0.5 - corners)
    scale = np.array(size, dtype=np.float64)
    matrix = cv2.getPerspectiveTransform(
        (moved * scale).astype(np.float32), (corners * scale).astype(np.float32)
    )
    return np.asarray(matrix, np.float64)


PERSPECTIVE = Edit(
    name="perspective",
    family="geometry",
    about="Moves each corner inward by a different amount.",
    parameters=(
        Graded("amount", 0, 0.4, about="the largest shift of a corner, as a share of width and height"),
        Seed("seed", about="random seed of the shifts"),
        Paint("fill", about="colour of the empty areas"),
    ),
    transform=_perspective,
    mapping="moves",
)
