"""How an edited image maps to its original, as a function that composes along a chain of edits.

Coordinates are continuous, in pixels, x to the right and y down: the pixel in column i and row j covers
[i, i + 1) x [j, j + 1) and has its centre at (i + 0.5, j + 0.5). A mapping goes from the edited image (the query)
back to the original (the reference); a point whose pixel shows nothing of the reference maps to NaN.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import BoolArray, FloatArray

Size = tuple[int, int]
"""Width and height in pixels, as in Pillow."""

# A point on the last border because of rounding alone is inside.
_TOLERANCE = 1e-6


class Mapping(ABC):
    """From points of the edited image to points of the image before the edit.

    Attributes:
        size: width and height of the edited image.
        source_size: width and height of the image before the edit.
    """

    size: Size
    source_size: Size

    @abstractmethod
    def to_reference(self, points: FloatArray) -> FloatArray:
        """The (k, 2) points x, y of the reference shown at (k, 2) points of the query; NaN where there is none."""

    @property
    def matrix(self) -> FloatArray | None:
        """The 3x3 matrix from query to reference in homogeneous coordinates, if the mapping is projective."""
        return None


def inside(points: FloatArray, size: Size) -> BoolArray:
    """Whether each of (k, 2) points lies in an image; False for NaN."""
    (x, y), (width, height) = points.T, np.array(size) + _TOLERANCE
    # A comparison with NaN is False, so lost points stay lost.
    return np.asarray((x >= -_TOLERANCE) & (x <= width) & (y >= -_TOLERANCE) & (y <= height))
