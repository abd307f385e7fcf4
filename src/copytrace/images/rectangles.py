"""Finds upright rectangles in a picture by their edges: inset pictures, screenshots, the photograph in a meme."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from copytrace.images.lab import lab_colours

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import BoolArray, ByteArray, FloatArray, IndexArray

SIDE = 256
"""Edges are detected with the longest side scaled to this many pixels."""
LEAST_SIDE = 24
"""Pictures with a shorter side below this many pixels are skipped."""
STEP = 12
"""The smallest difference between neighbouring pixels at an edge, in L*a*b*, each channel from 0 to 255."""
GAP = 1.5
"""When the longest run along a line is sought, a pixel without an edge cancels this many pixels with one."""
LINES = 6
"""Candidate lines per direction: those with the longest edges."""
LEAST_LINE = 0.18
"""The shortest edge of a line, as a share of the picture's side."""
APART = 3
"""Lines at most this far apart count as one."""
COVERED = 0.55
"""The share of each side of a rectangle that must be an edge; the picture's border counts as one."""
SHORTEST = 0.12
"""The shortest side of a rectangle, as a share of the picture's."""
AREAS = (0.03, 0.92)
"""The smallest and the largest share of the picture's area."""
ALIKE = 0.6
"""Two rectangles with a larger intersection over union count as one."""


class Rectangle(NamedTuple):
    """A part of a picture: its sides as shares of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float


def find_rectangles(picture: ByteArray, most: int = 3) -> list[Rectangle]:
    """The rectangles that edges outline, clearest first.

    Args:
        picture: (h, w, 3) uint8 RGB.
        most: the largest number to return.

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
    colours = lab_colours(np.asarray(small, np.uint8)).astype(np.int16)
    across, down = (np.abs(np.diff(colours, axis=axis)).sum(axis=2) >= STEP for axis in (1, 0))
    return _outlined(_lines(across), _lines(down.T), most)


class _Lines(NamedTuple):
    """Parallel lines, including the picture's own borders.

    Attributes:
        places: (k,) their positions, ascending.
        edges: (n + 1, k) number of edge pixels among the first i of each line.
    """

    places: IndexArray
    edges: FloatArray


def _lines(steps: BoolArray) -> _Lines:
    """The upright lines with the longest edges, given (n, w - 1): whether a pixel differs from its right neighbour."""
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
    """The rectangles between pairs of columns and pairs of rows whose four sides are all edges."""
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
    # Many sides with unbroken edges are clearer than few; a large part is slightly more likely than a small one.
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
    """(4, k) indices of the left, right, top and bottom lines of every box."""
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
