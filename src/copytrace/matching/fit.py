"""Finds the mapping from a query to a reference that agrees with most correspondences.

A single pair of SIFT points already proposes a mapping: places, scales and orientations determine a similarity. So
all proposals are tried, and no randomness is involved. The best few are refined to an affine mapping and, if enough
points agree, to a homography (USAC_MAGSAC, Barath et al., CVPR 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from copytrace.geometry import corners, project

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import BoolArray, FloatArray, IndexArray

PROPOSALS = 160
"""The number of closest correspondences that each propose a mapping."""
TRIED = 4
"""Proposals to refine."""
ALIKE = 0.7
"""Two proposals are alike if this share of the points that agree with one also agrees with the other."""
LOOSE, TIGHT = 0.05, 0.0125
"""Largest error of agreeing points, at first and at the end, as a share of the reference's longest side."""
FEWEST = 4
"""Points that must agree."""
FEWEST_FOR_AFFINE = 6
"""With fewer points, an affine mapping would fit anything, so a similarity is used."""
FEWEST_FOR_HOMOGRAPHY = 10
APART = 1 / 24
"""Points count once per square of this size, as a share of the picture's longest side."""
MOST_STRETCH = 3.5
"""The largest ratio of a mapping's stretch in two directions."""
SMALLEST, LARGEST = 1 / 12, 16.0
"""The smallest and the largest scale of the query, relative to the longest sides."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A mapping and the correspondences that agree with it.

    Attributes:
        matrix: (3, 3) float64, from the query's pixels to the reference's, in homogeneous coordinates.
        agreeing: (k,) bool, which correspondences agree.
        support: number of agreeing points in distinct places of both pictures.
        residual: root mean square error of the agreeing points, as a share of the reference's longest side.
    """

    matrix: FloatArray
    agreeing: BoolArray
    support: int
    residual: float


@dataclass(frozen=True, eq=False)
class Pairs:
    """Places that may correspond, and the mappings they propose.

    Attributes:
        source: (k, 2) float64, in pixels of the query.
        target: (k, 2) float64, in pixels of the reference.
        weight: (k,) float64, how much each counts when proposals are compared.
        proposals: (p, 2, 3) float64, from the query's pixels to the reference's.
    """

    source: FloatArray
    target: FloatArray
    weight: FloatArray
    proposals: FloatArray

    def __len__(self) -> int:
        return len(self.source)

    def joined(self, other: Pairs) -> Pairs:
        """These pairs and others."""
        return Pairs(
            *(np.concatenate(both) for both in zip(vars(self).values(), vars(other).values(), strict=True))
        )


def fit(pairs: Pairs, size: Size, onto: Size) -> Fit | None:
    """Find the mapping that most pairs agree with; None if no plausible one has four.

    Args:
        pairs: between a query and a reference.
        size: width and height of the query, in pixels.
        onto: width and height of the reference.
    """
    if len(pairs) < FEWEST:
        return None
    problem = _Problem(pairs.source, pairs.target, size, onto)
    near = problem.near(pairs.proposals)
    counts = near.sum(axis=1)
    left = np.argsort(-(near @ pairs.weight), kind="stable")
    best: Fit | None = None
    for _ in range(TRIED):
        if not len(left):
            break
        agreeing = near[left[0]]
        found = problem.refined(agreeing)
        if found is not None and (best is None or found.support > best.support):
            best = found
        # What agrees with mostly the same points would be refined to the same mapping.
        left = left[near[left][:, agreeing].sum(axis=1) < ALIKE * counts[left]]
    return best


def similarities(source: FloatArray, target: FloatArray, scale: FloatArray, turn: FloatArray) -> FloatArray:
    """(p, 2, 3) the mappings from each of p places to its counterpart, with a scale and a rotation in radians."""
    across, down = scale * np.cos(turn), scale * np.sin(turn)
    linear = np.stack([across, -down, down, across], axis=1).reshape(-1, 2, 2)
    shift = target - np.einsum("pij,pj->pi", linear, source)
    return np.concatenate([linear, shift[:, :, None]], axis=2)


def similarities_of_two(source: FloatArray, target: FloatArray) -> FloatArray:
    """(p, 2, 3) the mappings that pairs of places propose, each from two places to their counterparts."""
    if len(source) < 2:  # noqa: PLR2004 - a similarity needs two
        return np.empty((0, 2, 3))
    one, other = _drawn(len(source))
    here, there = (side[other] - side[one] for side in (source, target))
    apart = np.hypot(*here.T)
    wide = apart > APART * np.ptp(source, axis=0).max()
    scale = np.hypot(*there[wide].T) / apart[wide]
    turn = np.arctan2(*there[wide].T[::-1]) - np.arctan2(*here[wide].T[::-1])
    return similarities(source[one[wide]], target[one[wide]], scale, turn)


@lru_cache(maxsize=1024)
def _drawn(count: int) -> IndexArray:
    """(2, p) pairs among so many places, always the same."""
    return np.random.default_rng(count).integers(0, count, (2, PROPOSALS))


@dataclass(frozen=True, eq=False)
class _Problem:
    """Corresponding places, (k, 2) each, in pictures of the given sizes."""

    source: FloatArray
    target: FloatArray
    size: Size
    onto: Size

    def near(self, proposals: FloatArray) -> BoolArray:
        """(p, k) which correspondences roughly agree with each of (p, 2, 3) mappings."""
        across, down = (
            self.source @ proposals[:, row, :2].T + proposals[:, row, 2] - self.target[:, row, None]
            for row in (0, 1)
        )
        return np.asarray((across**2 + down**2 <= (LOOSE * max(self.onto)) ** 2).T)

    def refined(self, agreeing: BoolArray) -> Fit | None:
        matrix = np.eye(3)
        for tolerance in (LOOSE, LOOSE / 2, TIGHT, TIGHT):
            if agreeing.sum() < FEWEST:
                return None
            matrix = _affine(self.source[agreeing], self.target[agreeing])
            agreeing = self.error(matrix) <= tolerance * max(self.onto)
        if agreeing.sum() >= FEWEST_FOR_HOMOGRAPHY:
            matrix, agreeing = self._with_perspective(matrix, agreeing)
        if agreeing.sum() < FEWEST or not plausible(matrix, self.size, self.onto):
            return None
        support = min(_apart(self.source[agreeing], self.size), _apart(self.target[agreeing], self.onto))
        residual = float(np.sqrt((self.error(matrix)[agreeing] ** 2).mean())) / max(self.onto)
        return Fit(matrix, agreeing, support, residual)

    def error(self, matrix: FloatArray) -> FloatArray:
        """(k,) distances of the mapped places from their counterparts, in pixels of the reference."""
        return np.asarray(np.hypot(*(project(matrix, self.source) - self.target).T))

    def _with_perspective(self, matrix: FloatArray, agreeing: BoolArray) -> tuple[FloatArray, BoolArray]:
        """The homography, if clearly more points agree with it than with the affine mapping."""
        tolerance = TIGHT * max(self.onto)
        # None if there are too few points, whatever the stubs say.
        solved: Any = cv2.findHomography(
            self.source, self.target, cv2.USAC_MAGSAC, tolerance / 2, maxIters=1000, confidence=0.999
        )[0]
        found = np.asarray(np.full((3, 3), np.nan) if solved is None else solved, np.float64)
        if not np.isfinite(found).all() or not plausible(found, self.size, self.onto):
            return matrix, agreeing
        with_it = self.error(found) <= tolerance
        return (found, with_it) if with_it.sum() > 1.05 * agreeing.sum() else (matrix, agreeing)


def _affine(source: FloatArray, target: FloatArray) -> FloatArray:
    """The least-squares affine mapping; a similarity if points are few or nearly on a line."""
    middle, onto = source.mean(axis=0), target.mean(axis=0)
    a, b = source - middle, target - onto
    extent = np.linalg.svd(a, compute_uv=False)
    if len(a) >= FEWEST_FOR_AFFINE and extent[1] > 0.1 * extent[0]:
        linear = np.linalg.lstsq(a, b, rcond=None)[0].T
    else:
        power = max((a**2).sum(), 1e-9)
        across = (a * b).sum() / power
        down = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / power
        linear = np.array([[across, -down], [down, across]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = onto - linear @ middle
    return matrix


def plausible(matrix: FloatArray, size: Size, onto: Size) -> bool:
    """Whether edits could produce this mapping: it neither folds nor mirrors, nor distorts or scales too much."""
    moved = project(matrix, corners(size))
    if not np.isfinite(moved).all() or np.abs(moved).max() > 100 * max(onto):
        return False
    edges = np.roll(moved, -1, axis=0) - moved
    following = np.roll(edges, -1, axis=0)
    if (edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0] <= 0).any():
        return False
    centre = np.array(size) / 2
    at = project(matrix, centre + np.array([[0, 0], [1, 0], [0, 1]]))
    longer, shorter = np.linalg.svd(at[1:] - at[0], compute_uv=False) * max(size) / max(onto)
    return bool(longer <= MOST_STRETCH * shorter and shorter >= SMALLEST and longer <= LARGEST)


def _apart(places: FloatArray, size: Size) -> int:
    """The number of squares of a picture that contain one of the places."""
    column, row = np.floor(places / (APART * max(size))).astype(np.int64).T
    return len(np.unique(column * (1 << 20) + row))
