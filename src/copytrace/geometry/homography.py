"""Homographies as 3x3 matrices in homogeneous coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.geometry.mapping import Size
    from copytrace.records import FloatArray


def project(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """Map (k, 2) points through a (3, 3) matrix; NaN for points beyond the horizon.

    >>> project(np.diag([2.0, 2.0, 1.0]), np.array([[3.0, 4.0]])).tolist()
    [[6.0, 8.0]]
    """
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    depth = np.where(moved[:, 2] > 0, moved[:, 2], np.nan)
    return np.asarray(moved[:, :2] / depth[:, None], np.float64)


def inverse(matrix: FloatArray) -> FloatArray:
    """The inverse (3, 3) matrix."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def between_scaled(matrix: FloatArray, query: tuple[Size, Size], reference: tuple[Size, Size]) -> FloatArray:
    """The mapping between scaled versions of two pictures.

    Args:
        matrix: (3, 3), from the query's pixels to the reference's.
        query: its size, and that of the scaled version.
        reference: likewise.

    >>> between_scaled(np.eye(3), ((4, 4), (2, 2)), ((4, 4), (4, 4))).tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    """
    to_query, to_reference = (np.diag([*np.divide(scaled, size), 1.0]) for size, scaled in (query, reference))
    return np.asarray(to_reference @ matrix @ inverse(to_query), np.float64)


def corners(size: Size) -> FloatArray:
    """(4, 2) the corners of a picture, clockwise from the top left.

    >>> corners((4, 3)).tolist()
    [[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]]
    """
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
