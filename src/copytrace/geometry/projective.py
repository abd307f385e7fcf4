"""Projective mappings: scaling, translation, rotation and perspective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.geometry.homography import project
from copytrace.geometry.mapping import Mapping, inside

if TYPE_CHECKING:
    from copytrace.geometry.mapping import Size
    from copytrace.records import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Projective(Mapping):
    """A homography, parts of which may be covered.

    Attributes:
        to_source: 3x3, from homogeneous query to reference coordinates.
        covered: (h, w) bool over the query, pixels that do not show the reference; or None.
    """

    size: Size
    source_size: Size
    to_source: FloatArray
    covered: BoolArray | None = None

    @property
    def matrix(self) -> FloatArray:
        """The 3x3 matrix from query to reference, scaled so that its last entry is 1 if possible."""
        scale = self.to_source[2, 2]
        return self.to_source / scale if scale else self.to_source

    def to_reference(self, points: FloatArray) -> FloatArray:
        """Apply the matrix; NaN outside either image, where covered, and beyond the horizon.

        >>> double = Projective((20, 20), (10, 10), np.diag([0.5, 0.5, 1]))
        >>> double.to_reference(np.array([[5.0, 20.0], [21.0, 0.0]]))
        array([[ 2.5, 10. ],
               [ nan,  nan]])
        """
        found = project(self.to_source, points)
        lost = ~inside(found, self.source_size) | ~inside(points, self.size)
        if self.covered is not None:
            lost |= _looked_up(self.covered, points)
        found[lost] = np.nan
        return found


def unmoved(size: Size, covered: BoolArray | None = None) -> Projective:
    """The mapping of an edit that moves no pixel, but may cover some."""
    return Projective(size, size, np.eye(3), covered)


def placed(
    box: tuple[int, int, int, int], source_size: Size, size: Size, covered: BoolArray | None = None
) -> Projective:
    """The mapping of an image scaled into the box (left, top, width, height) of a canvas."""
    left, top, width, height = box
    across, down = source_size[0] / width, source_size[1] / height
    matrix = np.array([[across, 0, -left * across], [0, down, -top * down], [0, 0, 1]], dtype=np.float64)
    return Projective(size, source_size, matrix, covered)


def _looked_up(mask: BoolArray, points: FloatArray) -> BoolArray:
    height, width = mask.shape
    column = np.clip(np.nan_to_num(points[:, 0]).astype(np.int64), 0, width - 1)
    row = np.clip(np.nan_to_num(points[:, 1]).astype(np.int64), 0, height - 1)
    return np.asarray(mask[row, column])
