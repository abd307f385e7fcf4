"""Candidates that another candidate outdoes: it agrees with the same part of the query in many more points.

A part of a query was copied from one picture. Pages of one template, packages of one brand and screenshots of one
program agree with it too, in fewer points than its original, if the original is among the candidates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.geometry import inside, project

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.geometry import Size
    from copytrace.records import BoolArray, FloatArray

GRID = 24
"""Points across and down the query that tell which part of it a reference matches."""
COMMON = 0.5
"""Two candidates are rivals if they share more than this part of the smaller one's region."""
SLIGHT = 0.25
"""A rival with hardly more points, as a binary logarithm, does not outdo a candidate."""
FEW = 6
"""So few points agree by chance, wherever another candidate lies. From twice as many, a rival counts fully."""


def region(matrix: FloatArray, size: Size, onto: Size) -> BoolArray:
    """(GRID x GRID,) which points of a grid over the query lie in the reference.

    Args:
        matrix: (3, 3) from the query's pixels to the reference's.
        size: width and height of the query.
        onto: width and height of the reference.
    """
    steps = (np.arange(GRID) + 0.5) / GRID
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) * size
    return inside(project(matrix, grid), onto)


def outdone(regions: BoolArray, points: FloatArray, same: Callable[[int, int], bool]) -> list[float]:
    """How far the strongest rival outdoes each of k candidates: 0, or a binary logarithm of a ratio of points.

    The logarithm is scaled down for a candidate with few points.

    Args:
        regions: (k, g) which part of the query each candidate matches.
        points: (k,) agreeing points of each, taken to be spread over its region.
        same: whether two candidates are copies of each other; then neither outdoes the other.

    >>> regions = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [0, 0, 0, 1]], bool)
    >>> outdone(regions, np.array([80.0, 15.0, 20.0]), lambda one, other: False)
    [0.0, 2.0, 0.0]
    """
    if not len(points):
        return []
    excess = _excess(regions, points) * np.clip(np.log2(points / FEW), 0, 1)[:, None]
    found = []
    for one, row in enumerate(excess):
        better = (int(other) for other in np.argsort(-row) if row[other] > 0)
        found.append(next((float(row[other]) for other in better if not same(one, other)), 0.0))
    return found


def _excess(regions: BoolArray, points: FloatArray) -> FloatArray:
    """(k, k) how far each other candidate outdoes one where both match; 0 if they are no rivals."""
    common = regions.astype(np.float64) @ regions.T
    sizes = np.maximum(np.diag(common), 1)
    here = points[:, None] * common / sizes[:, None]
    rivals = common > COMMON * np.minimum(sizes[:, None], sizes)
    ratio = np.log2(np.divide(here.T, here, out=np.ones_like(here), where=rivals))
    return np.asarray(np.where(ratio > SLIGHT, ratio, 0))
