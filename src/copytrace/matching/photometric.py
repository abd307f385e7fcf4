"""Compares two pictures cell by cell where one overlaps the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.geometry import inside, inverse, project

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import BoolArray, ByteArray, Float32Array, FloatArray

CANVAS = 160
"""Longest side of the overlap in pixels for the comparison."""
CELL = 10
"""Side of a cell in pixels; cells overlap by half."""
FLAT = 3.0
"""A cell with a standard deviation of grey values up to this shows nothing to compare."""
ALIKE = 0.6
"""Cells that correlate at least this well agree."""
UNLIKE = 0.3
"""Cells that correlate less than this show different things."""
SHADES = 64
"""Grid points per side of a picture used to measure shares of its area."""
NARROWEST = 1 / 32
"""A narrower overlap, as a share of a side of the query, is not compared."""


@dataclass(frozen=True)
class Agreement:
    """How well two pictures agree where one overlaps the other.

    Attributes:
        texture: share of the overlap in which either picture shows something: nearly 1 for photographs, less for pages
            and drawings.
        cells: number of cells in the overlap in which either picture shows something.
        agreeing: cells in which both show the same.
        differing: cells in which they show different things.
        correlation: mean correlation over the cells, -1 to 1.
        sharpest: the correlation exceeded by a tenth of the cells: how well the copy keeps its detail.
        query_share: share of the query's area that the reference covers, 0 to 1.
        reference_share: share of the reference's area that the query covers, 0 to 1.
    """

    texture: float
    cells: int
    agreeing: int
    differing: int
    correlation: float
    sharpest: float
    query_share: float
    reference_share: float


def agreement(query: ByteArray, reference: ByteArray, matrix: FloatArray) -> Agreement:
    """Lay the reference over the query and compare.

    Args:
        query: (h, w, 3) uint8 RGB.
        reference: (h, w, 3) uint8 RGB.
        matrix: (3, 3), from the query's pixels to the reference's.
    """
    size, onto = query.shape[1::-1], reference.shape[1::-1]
    back = inverse(matrix)
    seen = _seen(matrix, size, onto)
    shares = len(seen) / SHADES**2, len(_seen(back, onto, size)) / SHADES**2
    box = _box(seen, size)
    if box is None:
        return Agreement(0.0, 0, 0, 0, 0.0, 0.0, *shares)
    (left, top), extent = box[0], box[1] - box[0]
    scale = CANVAS / extent.max()
    canvas = np.array([[scale, 0, -left * scale], [0, scale, -top * scale], [0, 0, 1]])
    width, height = np.maximum(CELL, np.rint(extent * scale)).astype(int).tolist()
    one, other = _laid(query, canvas, (width, height)), _laid(reference, canvas @ back, (width, height))
    inside = np.asarray(
        cv2.warpPerspective(np.ones(onto[::-1], np.float32), canvas @ back, (width, height)), np.float32
    )
    return _counted(*_correlations(one, other, inside), shares)


def _seen(matrix: FloatArray, size: Size, onto: Size) -> FloatArray:
    """(k, 2) the points of a grid over a picture that map into the other one."""
    grid = (np.stack(np.meshgrid(*[np.arange(SHADES) + 0.5] * 2), axis=-1) / SHADES).reshape(-1, 2) * size
    moved = project(matrix, grid)
    return np.asarray(grid[inside(moved, onto)], np.float64)


def _box(seen: FloatArray, size: Size) -> FloatArray | None:
    """(2, 2) the top left and bottom right of the query's part that shows the reference."""
    step = np.array(size) / SHADES
    if not len(seen):
        return None
    low, high = seen.min(axis=0) - step / 2, seen.max(axis=0) + step / 2
    return None if (high - low < NARROWEST * np.array(size)).any() else np.array([low, high])


def _laid(picture: ByteArray, matrix: FloatArray, size: Size) -> Float32Array:
    """The picture's grey values on the canvas, without detail finer than the canvas can show."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    shrinking = 1 / np.sqrt(max(abs(np.linalg.det(matrix[:2, :2])), 1e-6))
    blurred = cv2.GaussianBlur(grey, (0, 0), float(np.clip(shrinking, 1, 20)) * 0.5 + 0.3)
    return np.asarray(cv2.warpPerspective(blurred, matrix, size), np.float32)


def _correlations(
    one: Float32Array, other: Float32Array, inside: Float32Array
) -> tuple[Float32Array, BoolArray, int]:
    """The correlation of each cell, which cells show something, and how many cells are in the overlap."""

    def mean(values: Float32Array) -> Float32Array:
        step = CELL // 2
        return np.asarray(cv2.boxFilter(values, -1, (CELL, CELL))[step::step, step::step])

    first, second = mean(one), mean(other)
    variances = [np.maximum(mean(x * x) - m * m, 0) for x, m in ((one, first), (other, second))]
    there = mean(inside) > 0.9  # noqa: PLR2004 - hardly cut off
    shows = there & (np.maximum(*variances) >= FLAT**2)
    spread = np.sqrt(np.maximum(variances[0], 1) * np.maximum(variances[1], 1))
    return np.clip((mean(one * other) - first * second) / spread, -1, 1), shows, int(there.sum())


def _counted(
    correlation: Float32Array, shows: BoolArray, there: int, shares: tuple[float, float]
) -> Agreement:
    values = correlation[shows]
    if not len(values):
        return Agreement(0.0, 0, 0, 0, 0.0, 0.0, *shares)
    return Agreement(
        len(values) / there,
        len(values),
        int((values >= ALIKE).sum()),
        int((values < UNLIKE).sum()),
        float(values.mean()),
        float(np.quantile(values, 0.9)),
        *shares,
    )
