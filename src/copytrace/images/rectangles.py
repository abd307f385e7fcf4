"""Finds upright rectangles in a picture by their edges: pasted pictures, screenshots, the photograph of a meme."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import BoolArray, ByteArray, FloatArray, IndexArray

SIDE = 256
"""Pixels of the longest side at which edges are looked for."""
LEAST_SIDE = 24
"""Pixels of the shorter side below which nothing is found."""
STEP = 12
"""The least difference of two neighbouring pixels at an edge, in L*a*b*, each channel from 0 to 255."""
GAP = 1.5
"""A pixel without an edge costs this many pixels with one, when the longest part of a line is looked for."""
LINES = 6
"""Lines of each direction that may be sides, those with the longest edges."""
LEAST_LINE = 0.18
"""The least length of the edge of a line, as a share of the picture's side."""
APART = 3
"""Lines that are no further apart are one."""
COVERED = 0.55
"""The share of every side of a rectangle that must be an edge; the picture's own border counts as one."""
SHORTEST = 0.12
"""The shortest side of a rectangle, as a share of the picture's."""
AREAS = (0.03, 0.92)
"""The least and the largest share of the picture's area."""
ALIKE = 0.6
"""Two rectangles that overlap more, as intersection over union, are one."""


class Rectangle(NamedTuple):
    """A part of a picture: its sides as shares of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float


def find_rectangles(picture: ByteArray, most: int = 3) -> list[Rectangle]:
    """The rectangles that edges outline, the clearest first.

    Args:
        picture: (h, w, 3) uint8 RGB.
        most: how many to give.

    >>> page = np.full((100, 200, 3), 255, np.uint8)
    >>> page[20:70, 50:150] = 90
    >>> find_rectangles(page, most=1)
    [Rectangle(left=0.25, top=0.2, right=0.75, bottom=0.7)]
    """
    scale = min(1.0, SIDE / max(picture.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    if min(height, width) < LEAST_SIDE:
        return []
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    colours = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.int16)
    across, down = (np.abs(np.diff(colours, axis=axis)).sum(axis=2) >= STEP for axis in (1, 0))
    return _outlined(_lines(across), _lines(down.T), most)


class _Lines(NamedTuple):
    """Parallel lines, the picture's own borders among them.

    Attributes:
        places: (k,) where they lie, rising.
        edges: (n + 1, k) pixels with an edge among the first i of each line.
    """

    places: IndexArray
    edges: FloatArray


def _lines(steps: BoolArray) -> _Lines:
    """The upright lines with the longest edges; (n, w - 1), whether a pixel differs from its right neighbour."""
    length, gaps = steps.shape
    gain = np.zeros((length + 1, gaps))
    np.cumsum(np.where(steps, 1.0, -GAP), axis=0, out=gain[1:])
    longest = (gain - np.minimum.accumulate(gain, axis=0)).max(axis=0)
    picked: list[int] = []
    while len(picked) < LINES and longest.max() >= LEAST_LINE * length:
        line = int(longest.argmax())
        picked.append(line)
        longest[max(0, line - APART) : line + APART + 1] = 0
    inner = np.array(sorted(picked), np.int64)
    edges = np.zeros((length + 1, len(inner) + 2))
    edges[:, [0, -1]] = np.arange(length + 1)[:, None]
    edges[1:, 1:-1] = np.cumsum(steps[:, inner], axis=0)
    return _Lines(np.r_[0, inner + 1, gaps + 1], edges)


def _outlined(columns: _Lines, rows: _Lines, most: int) -> list[Rectangle]:
    """The rectangles between pairs of columns and pairs of rows, all four sides of which are edges."""
    left, right, top, bottom = _all_boxes(len(columns.places), len(rows.places))
    x, y = columns.places, rows.places
    width, height = x[right] - x[left], y[bottom] - y[top]
    area = width * height / (x[-1] * y[-1])
    covered = np.stack(
        [(columns.edges[y[bottom], side] - columns.edges[y[top], side]) / height for side in (left, right)]
        + [(rows.edges[x[right], side] - rows.edges[x[left], side]) / width for side in (top, bottom)]
    )
    inner = np.stack([left > 0, right < len(x) - 1, top > 0, bottom < len(y) - 1])
    possible = (width >= SHORTEST * x[-1]) & (height >= SHORTEST * y[-1]) & (covered.min(axis=0) >= COVERED)
    possible &= (area >= AREAS[0]) & (area <= AREAS[1])
    # Many sides that are edges throughout are clearer than few; a large part is a little likelier than a small one.
    inner_sides = inner.sum(axis=0)
    clear = (covered * inner).sum(axis=0) / np.maximum(1, inner_sides) * (6 + inner_sides) * area**0.15
    found: list[Rectangle] = []
    for box in np.flatnonzero(possible)[np.argsort(-clear[possible], kind="stable")].tolist():
        one = Rectangle(
            float(x[left[box]] / x[-1]),
            float(y[top[box]] / y[-1]),
            float(x[right[box]] / x[-1]),
            float(y[bottom[box]] / y[-1]),
        )
        if all(_overlap(one, other) < ALIKE for other in found):
            found.append(one)
        if len(found) == most:
            break
    return found


def _all_boxes(columns: int, rows: int) -> npt.NDArray[np.intp]:
    """(4, k) the indices of the left, right, top and bottom lines of every box between them."""
    left, right = np.triu_indices(columns, 1)
    top, bottom = np.triu_indices(rows, 1)
    across, down = (index.ravel() for index in np.indices((len(left), len(top))))
    return np.stack([left[across], right[across], top[down], bottom[down]])


def _overlap(one: Rectangle, other: Rectangle) -> float:
    """Intersection over union."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    both = max(0.0, width) * max(0.0, height)
    areas = ((box.right - box.left) * (box.bottom - box.top) for box in (one, other))
    return both / (sum(areas) - both)
