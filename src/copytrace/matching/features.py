"""Local features of a picture: well-spread SIFT points, learned points, and a small version of the picture.

SIFT: Lowe, IJCV 2004. RootSIFT: Arandjelović and Zisserman, CVPR 2012.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.errors import InputError
from copytrace.matching.learned import NOTHING, find_learned

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.matching.learned import LearnedFeatures
    from copytrace.records import ByteArray, Float32Array, FloatArray, IndexArray

SIDE = 320
"""Longest side in pixels at which points are found; smaller pictures are not scaled."""
LOOK_SIDE = 192
"""Longest side in pixels of the small version used to compare overlaps."""
MOST_POINTS = 700
"""Points to keep per picture."""
CONTRAST = 0.012
"""SIFT's contrast threshold: low, since darkened or blurred pictures have few strong points."""
EDGE = 12
"""SIFT's edge threshold."""
CELLS = 8
"""A picture is split into this many cells per side, and each keeps its strongest points first."""
SCALE = 512
"""One unit of a descriptor byte is 1/512, since components of a RootSIFT descriptor rarely exceed one half."""


@dataclass(frozen=True, eq=False)
class Features:
    """What is kept of a picture for comparisons.

    Attributes:
        size: width and height of the full picture, in pixels.
        points: (k, 2) float32, x and y as shares of width and height.
        scales: (k,) float32, diameter of the region that a descriptor covers, in pixels of the full picture.
        angles: (k,) float32, orientation in radians, from the x axis towards the y axis.
        descriptors: (k, 128) uint8, RootSIFT components times 512.
        learned: learned points.
        learned_mirrored: learned points of the mirror image; empty unless requested.
        small: the picture at 192 pixels or less, (h, w, 3) uint8 RGB, or as the bytes of a file.
    """

    size: Size
    points: Float32Array
    scales: Float32Array
    angles: Float32Array
    descriptors: ByteArray
    learned: LearnedFeatures
    learned_mirrored: LearnedFeatures
    small: ByteArray | bytes

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def look(self) -> ByteArray:
        """(h, w, 3) uint8 RGB, the picture at 192 pixels or less; most comparisons end before they need it.

        Raises:
            InputError: its file is damaged.
        """
        if not isinstance(self.small, bytes):
            return self.small
        look = cv2.imdecode(np.frombuffer(self.small, np.uint8), cv2.IMREAD_COLOR)
        if look is None:
            raise InputError("Features have no picture.")
        return np.asarray(cv2.cvtColor(look, cv2.COLOR_BGR2RGB), np.uint8)

    @property
    def places(self) -> FloatArray:
        """(k, 2) the points in pixels of the full picture."""
        return self.points.astype(np.float64) * np.array(self.size, np.float64)


def extract(
    picture: ByteArray,
    *,
    both: bool = False,
    learned: bool = True,
    side: int = SIDE,
    most: int = MOST_POINTS,
) -> Features:
    """Find the points of a picture.

    Args:
        picture: (h, w, 3) uint8 RGB, upright.
        both: also find the learned points of the mirror image, as queries need.
        learned: find learned points at all.
        side: longest side in pixels at which points are found.
        most: the largest number of points to keep.
    """
    height, width = picture.shape[:2]
    small = shrunk(picture, side)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    look = shrunk(small, LOOK_SIDE)
    straight = find_learned(picture) if learned else NOTHING
    flipped = find_learned(np.ascontiguousarray(picture[:, ::-1])) if both else NOTHING
    found, raw = _sift().detectAndCompute(grey, None)
    if raw is None:
        none = np.empty(0, np.float32)
        nothing = np.empty((0, 128), np.uint8)
        return Features((width, height), none.reshape(0, 2), none, none, nothing, straight, flipped, look)
    table = np.array([(*point.pt, point.size, point.angle, point.response) for point in found], np.float32)
    shares = ((table[:, :2] + 0.5) / grey.shape[::-1]).astype(np.float32)
    kept = _spread(shares, table[:, 4], most)
    rooted = np.sqrt(raw[kept] / np.maximum(raw[kept].sum(axis=1, keepdims=True), 1e-6))
    return Features(
        (width, height),
        shares[kept],
        table[kept, 2] * np.float32(max(width, height) / max(grey.shape)),
        np.radians(table[kept, 3]),
        np.minimum(np.rint(rooted * SCALE), 255).astype(np.uint8),
        straight,
        flipped,
        look,
    )


def shrunk(picture: ByteArray, side: int) -> ByteArray:
    """The picture averaged down to a longest side of at most `side`; a smaller one stays as it is."""
    height, width = picture.shape[:2]
    if max(height, width) <= side:
        return picture
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


_MIRRORED_BINS = np.arange(128).reshape(4, 4, 8)[::-1][..., (-np.arange(8)) % 8].reshape(-1)


def mirrored(features: Features) -> Features:
    """The features of the picture's mirror image, left to right, without finding SIFT points again.

    A descriptor is 4 x 4 cells of 8 directions, relative to the point's orientation. Mirroring reverses the cells
    across that orientation and the sense of the directions.
    """
    return replace(
        features,
        points=np.abs(features.points - np.array((1, 0), np.float32)),
        angles=np.float32(np.pi) - features.angles,
        descriptors=features.descriptors[:, _MIRRORED_BINS],
        learned=features.learned_mirrored,
        learned_mirrored=features.learned,
        small=np.asarray(cv2.flip(features.look, 1), np.uint8),
    )


@cache
def _sift() -> cv2.SIFT:
    return cv2.SIFT.create(contrastThreshold=CONTRAST, edgeThreshold=EDGE)


def _spread(points: Float32Array, strength: Float32Array, most: int) -> IndexArray:
    """Rows of at most `most` points: the strongest of every cell first, then the second strongest, and so on."""
    order = np.argsort(-strength, kind="stable")
    column, row = np.clip(points[order].T * CELLS, 0, CELLS - 1).astype(np.int64)
    cell = row * CELLS + column
    by_cell = np.argsort(cell, kind="stable")
    first = np.searchsorted(cell[by_cell], np.arange(CELLS * CELLS))
    rank = np.empty(len(order), np.int64)
    rank[by_cell] = np.arange(len(order)) - first[cell[by_cell]]
    return np.asarray(order[np.argsort(rank, kind="stable")[:most]])
