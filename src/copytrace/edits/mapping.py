"""Where the pixels of an edited image come from, as a function that composes along a chain of edits.

Coordinates are continuous, in pixels, x to the right and y down: the pixel in column i and row j covers
[i, i + 1) x [j, j + 1) and has its centre at (i + 0.5, j + 0.5). A mapping leads from the edited image (the
query) back to the image that was edited (the reference); a point whose pixel shows nothing of the reference
leads to NaN.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.edits.pixels import Size
    from copytrace.records import BoolArray, Float32Array, FloatArray

# A point that lies on the last border by rounding alone is inside.
_TOLERANCE = 1e-6

# Points along each side of the query, and most cells along each side of the reference, to measure by.
_SAMPLES, _CELLS = 128, 32


class Mapping(ABC):
    """From points of the edited image to points of the image before the edit.

    Attributes:
        size: width and height of the edited image.
        source_size: width and height of the image before.
    """

    size: Size
    source_size: Size

    @abstractmethod
    def to_reference(self, points: FloatArray) -> FloatArray:
        """The (k, 2) points x, y of the reference that (k, 2) points of the query show, or NaN where none."""

    @property
    def matrix(self) -> FloatArray | None:
        """The 3x3 matrix from query to reference in homogeneous coordinates, if the mapping is projective."""
        return None


@dataclass(frozen=True, eq=False)
class Projective(Mapping):
    """A homography, of which something may be covered.

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
        """The 3x3 matrix from query to reference, scaled so that its last entry is 1 where it can be."""
        scale = self.to_source[2, 2]
        return self.to_source / scale if scale else self.to_source

    def to_reference(self, points: FloatArray) -> FloatArray:
        """Apply the matrix; NaN outside either image, where covered, and behind the horizon.

        >>> double = Projective((20, 20), (10, 10), np.diag([0.5, 0.5, 1]))
        >>> double.to_reference(np.array([[5.0, 20.0], [21.0, 0.0]]))
        array([[ 2.5, 10. ],
               [ nan,  nan]])
        """
        ahead = points @ self.to_source[:, :2].T + self.to_source[:, 2]
        depth = np.where(ahead[:, 2] > 0, ahead[:, 2], np.nan)
        found = ahead[:, :2] / depth[:, None]
        lost = ~_inside(found, self.source_size) | ~_inside(points, self.size)
        if self.covered is not None:
            lost |= _looked_up(self.covered, points)
        found[lost] = np.nan
        return found


@dataclass(frozen=True, eq=False)
class Field(Mapping):
    """Any displacement, given at the centre of each pixel of the query and linear in between.

    Attributes:
        source: (h, w, 2) float32, reference coordinates of each pixel centre, or NaN.
    """

    size: Size
    source_size: Size
    source: Float32Array

    def to_reference(self, points: FloatArray) -> FloatArray:
        """Interpolate the field; NaN where it is, and outside either image."""
        inside = _inside(points, self.size)
        at = np.where(inside[:, None], points - 0.5, 0)
        found = _bilinear(self.source, at)
        found[~(inside & _inside(found, self.source_size))] = np.nan
        return found


@dataclass(frozen=True, eq=False)
class Chain(Mapping):
    """Mappings one after another, in the order in which the edits were made."""

    size: Size
    source_size: Size
    links: Sequence[Mapping]

    @property
    def matrix(self) -> FloatArray | None:
        """The product of the matrices, if every link is projective."""
        product = np.eye(3)
        for link in self.links:
            if link.matrix is None:
                return None
            product = product @ link.matrix
        return product / product[2, 2] if product[2, 2] else product

    def to_reference(self, points: FloatArray) -> FloatArray:
        """Follow the links back from the last edit to the first."""
        for link in reversed(self.links):
            points = link.to_reference(points)
        return points


def unmoved(size: Size, covered: BoolArray | None = None) -> Projective:
    """The mapping of an edit that leaves every pixel in its place, and may cover some."""
    return Projective(size, size, np.eye(3), covered)


def placed(
    box: tuple[int, int, int, int], source_size: Size, size: Size, covered: BoolArray | None = None
) -> Projective:
    """The mapping of an image scaled into the box (left, top, width, height) of a canvas."""
    left, top, width, height = box
    across, down = source_size[0] / width, source_size[1] / height
    matrix = np.array([[across, 0, -left * across], [0, down, -top * down], [0, 0, 1]], dtype=np.float64)
    return Projective(size, source_size, matrix, covered)


def chained(mappings: Sequence[Mapping | None], size: Size) -> Mapping:
    """Put the mappings of successive edits together; `size` is that of the first image.

    >>> chained([None, placed((0, 0, 5, 5), (10, 10), (5, 5)), None], (10, 10)).matrix.tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    """
    links = [mapping for mapping in mappings if mapping is not None]
    if not links:
        return unmoved(size)
    return links[0] if len(links) == 1 else Chain(links[-1].size, size, tuple(links))


@dataclass(frozen=True)
class Visible:
    """How much is left to find a copy by.

    Attributes:
        of_reference: share of the reference's area that the query shows, 0 to 1.
        of_query: share of the query's area that shows the reference, 0 to 1.
    """

    of_reference: float
    of_query: float


def visible(mapping: Mapping) -> Visible:
    """Measure both shares on a grid of points of the query; exact to about a hundredth.

    Each point stands for the area of reference around it. The area is summed in cells of the reference, none
    of which can be shown more than once, so that a mirrored or repeated part counts once.

    >>> visible(placed((0, 0, 10, 5), (10, 10), (10, 10)))
    Visible(of_reference=1.0, of_query=0.5)
    """
    step = np.array(mapping.size, dtype=np.float64) / _SAMPLES
    grid = np.stack(np.meshgrid(*[np.arange(_SAMPLES) + 0.5] * 2), axis=-1).reshape(-1, 2) * step
    # A hundredth of a step to the side and below gives the local magnification.
    here, right, below = (
        mapping.to_reference(grid + shift) for shift in (np.zeros(2), step * (0.01, 0), step * (0, 0.01))
    )
    shown = ~np.isnan(here[:, 0])
    if not shown.any():
        return Visible(0.0, 0.0)
    size = np.array(mapping.source_size, dtype=np.float64)
    sides = [np.nan_to_num((side - here)[shown] * 100 / size) for side in (right, below)]
    share = _covered_share(here[shown] / size, *sides)
    return Visible(round(share, 4), round(float(shown.mean()), 4))


def _covered_share(places: FloatArray, right: FloatArray, below: FloatArray) -> float:
    """How much of the unit square small parallelograms cover together.

    Args:
        places: (k, 2) their middles.
        right: (k, 2) one of their sides.
        below: (k, 2) the other.
    """
    area = np.abs(right[:, 0] * below[:, 1] - right[:, 1] * below[:, 0])
    # Cells wide enough for the points to fall into them evenly.
    spacing = np.median(np.abs(right) + np.abs(below), axis=0)
    cells = np.clip(1 / (1.5 * np.maximum(spacing, 1e-9)), 1, _CELLS).astype(np.int64)
    # Each point is shared among the four cells around it, in a frame one cell wider, so that sums are even.
    at = places * cells + 0.5
    corner = np.floor(at).astype(np.int64)
    part = at - corner
    total = np.zeros((cells[1] + 2, cells[0] + 2))
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            np.add.at(total, (corner[:, 1] + dy, corner[:, 0] + dx), weight * area)
    return float(min(1.0, np.minimum(total * cells.prod(), 1).sum() / cells.prod()))


def _inside(points: FloatArray, size: Size) -> BoolArray:
    low, high = -_TOLERANCE, np.array(size) + _TOLERANCE
    # A comparison with NaN is False: what is lost stays lost.
    return np.asarray(((points >= low) & (points <= high)).all(axis=1))


def _looked_up(mask: BoolArray, points: FloatArray) -> BoolArray:
    height, width = mask.shape
    column = np.clip(np.nan_to_num(points[:, 0]).astype(np.int64), 0, width - 1)
    row = np.clip(np.nan_to_num(points[:, 1]).astype(np.int64), 0, height - 1)
    return np.asarray(mask[row, column])


def _bilinear(field: Float32Array, at: FloatArray) -> FloatArray:
    """Interpolate (h, w, 2) at (k, 2) positions counted from pixel centres, clamped to the border."""
    height, width = field.shape[:2]
    position = np.clip(at, 0, (width - 1, height - 1))
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, (width - 1, height - 1))
    part = position - low
    upper = _between(field[low[:, 1], low[:, 0]], field[low[:, 1], high[:, 0]], part[:, :1])
    lower = _between(field[high[:, 1], low[:, 0]], field[high[:, 1], high[:, 0]], part[:, :1])
    return _between(upper, lower, part[:, 1:])


def _between(
    first: Float32Array | FloatArray, second: Float32Array | FloatArray, part: FloatArray
) -> FloatArray:
    return np.asarray(first * (1 - part) + second * part, dtype=np.float64)
