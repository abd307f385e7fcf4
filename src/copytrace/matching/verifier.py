"""Compares a pair of pictures: does one overlap the other, and do they show the same there?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from copytrace.geometry import between_scaled, inside, inverse, project
from copytrace.matching.correspond import correspond, mutual, unit
from copytrace.matching.features import Features, mirrored
from copytrace.matching.fit import PROPOSALS, Pairs, fit, similarities, similarities_of_two
from copytrace.matching.photometric import Agreement, agreement

if TYPE_CHECKING:
    from copytrace.records import BoolArray, Float32Array, FloatArray

ALIKE = 0.82
"""The smallest cosine of corresponding learned descriptors."""
LEARNED_WEIGHT = 0.5
"""The weight of a pair of learned points relative to a pair of SIFT points, when proposals are compared."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The result of comparing two pictures.

    Attributes:
        matrix: (3, 3) float64, from the query's pixels to the reference's, in homogeneous coordinates.
        mirrored: whether the mapping mirrors.
        matches: number of corresponding points.
        inliers: number of them that agree with the mapping.
        learned: number of inliers that are learned points.
        support: agreeing points in distinct places of both pictures.
        residual: root mean square error of the agreeing points, as a share of the reference's longest side.
        found: share of agreeing points among the SIFT points in the overlap, for the picture with fewer of them.
        overlap: how well the pictures agree where one overlaps the other.
    """

    matrix: FloatArray
    mirrored: bool
    matches: int
    inliers: int
    learned: int
    support: int
    residual: float
    found: float
    overlap: Agreement


class Subject:
    """A picture to compare with many others; what each comparison needs is computed once."""

    def __init__(self, features: Features) -> None:
        self.features = features

    @cached_property
    def descriptors(self) -> Float32Array:
        """(k, 128) float32 of unit length."""
        return unit(self.features.descriptors)

    @cached_property
    def learned(self) -> Float32Array:
        """(k, 64) float32 of unit length, of the learned points."""
        return unit(self.features.learned.descriptors)

    @cached_property
    def mirror(self) -> Subject:
        """The picture's mirror image."""
        return Subject(mirrored(self.features))


def verify(query: Subject, reference: Subject) -> Evidence | None:
    """Compare a query and its mirror image with a reference; return the better evidence, or None."""
    straight, flipped = _compare(query, reference), _compare(query.mirror, reference)
    if flipped is None or (straight is not None and _weight(straight) >= _weight(flipped)):
        return straight
    flip = np.array([[-1.0, 0, query.features.size[0]], [0, 1, 0], [0, 0, 1]])
    return Evidence(**{**vars(flipped), "matrix": flipped.matrix @ flip, "mirrored": True})


def _weight(evidence: Evidence) -> float:
    """How credible a mapping is compared with another one of the same pair."""
    return evidence.support * (1 + evidence.overlap.agreeing) / (5 + evidence.overlap.cells)


def _compare(query: Subject, reference: Subject) -> Evidence | None:
    ours, theirs = query.features, reference.features
    sift = _sift_pairs(query, reference)
    pairs = sift.joined(_learned_pairs(query, reference))
    found = fit(pairs, ours.size, theirs.size)
    if found is None:
        return None
    of_sift = found.agreeing[: len(sift)]
    return Evidence(
        matrix=found.matrix,
        mirrored=False,
        matches=len(pairs),
        inliers=int(found.agreeing.sum()),
        learned=int(found.agreeing.sum() - of_sift.sum()),
        support=found.support,
        residual=found.residual,
        found=_found(ours, theirs, found.matrix, of_sift),
        overlap=_overlap(ours, theirs, found.matrix),
    )


def _sift_pairs(query: Subject, reference: Subject) -> Pairs:
    """Pairs of SIFT points; the closest ones each propose a mapping by scale and orientation."""
    ours, theirs = query.features, reference.features
    pairs = correspond(query.descriptors, reference.descriptors)
    source, target = ours.places[pairs.query], theirs.places[pairs.reference]
    closest = np.argsort(pairs.distance, kind="stable")[:PROPOSALS]
    a, b = pairs.query[closest], pairs.reference[closest]
    scale = theirs.scales[b].astype(np.float64) / ours.scales[a]
    turn = theirs.angles[b].astype(np.float64) - ours.angles[a]
    proposals = similarities(source[closest], target[closest], scale, turn)
    return Pairs(source, target, np.ones(len(pairs)), proposals)


def _learned_pairs(query: Subject, reference: Subject) -> Pairs:
    ours, theirs = query.features, reference.features
    pairs = mutual(query.learned, reference.learned, ALIKE)
    source = ours.learned.points[pairs.query].astype(np.float64) * ours.size
    target = theirs.learned.points[pairs.reference].astype(np.float64) * theirs.size
    return Pairs(source, target, np.full(len(pairs), LEARNED_WEIGHT), similarities_of_two(source, target))


def _found(query: Features, reference: Features, matrix: FloatArray, agreeing: BoolArray) -> float:
    there = inside(project(matrix, query.places), reference.size).sum()
    here = inside(project(inverse(matrix), reference.places), query.size).sum()
    return float(agreeing.sum() / max(1, min(there, here)))


def _overlap(query: Features, reference: Features, matrix: FloatArray) -> Agreement:
    """Compare the small versions, with the mapping scaled to them."""
    sizes = [(each.size, each.look.shape[1::-1]) for each in (query, reference)]
    return agreement(query.look, reference.look, between_scaled(matrix, *sizes))
