"""Looks at a pair of pictures: is one laid over the other, and do they show the same there?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from copytrace.geometry import inverse, project
from copytrace.matching.correspond import correspond, unit
from copytrace.matching.features import Features, mirrored
from copytrace.matching.fit import Fit, fit
from copytrace.matching.photometric import Agreement, agreement

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import Float32Array, FloatArray


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a comparison of two pictures found.

    Attributes:
        matrix: (3, 3) float64, from the query's pixels to the reference's, in homogeneous coordinates.
        mirrored: whether the mapping mirrors.
        matches: number of corresponding points.
        inliers: how many of them agree with the mapping.
        support: agreeing points in different places of both pictures.
        residual: root mean square error of the agreeing points, as a share of the reference's longest side.
        found: share of the points in the overlap, of the picture that has fewer there, that agree.
        overlap: how well the pictures agree where one lies over the other.
    """

    matrix: FloatArray
    mirrored: bool
    matches: int
    inliers: int
    support: int
    residual: float
    found: float
    overlap: Agreement


class Subject:
    """A picture that is compared with many: what each comparison needs is made once."""

    def __init__(self, features: Features) -> None:
        self.features = features

    @cached_property
    def descriptors(self) -> Float32Array:
        """(k, 128) float32 of unit length."""
        return unit(self.features.descriptors)

    @cached_property
    def mirror(self) -> Subject:
        """The picture's mirror image."""
        return Subject(mirrored(self.features))


def verify(query: Subject, reference: Subject) -> Evidence | None:
    """Compare a query and its mirror image with a reference; the better evidence, or None where there is none."""
    straight, flipped = _compare(query, reference), _compare(query.mirror, reference)
    if flipped is None or (straight is not None and _weight(straight) >= _weight(flipped)):
        return straight
    flip = np.array([[-1.0, 0, query.features.size[0]], [0, 1, 0], [0, 0, 1]])
    return Evidence(**{**vars(flipped), "matrix": flipped.matrix @ flip, "mirrored": True})


def _weight(evidence: Evidence) -> float:
    """Which of two mappings of the same pair is more credible."""
    return evidence.support * (1 + evidence.overlap.agreeing) / (5 + evidence.overlap.cells)


def _compare(query: Subject, reference: Subject) -> Evidence | None:
    pairs = correspond(query.descriptors, reference.descriptors)
    found = fit(query.features, reference.features, pairs)
    if found is None:
        return None
    return Evidence(
        matrix=found.matrix,
        mirrored=False,
        matches=len(pairs),
        inliers=int(found.agreeing.sum()),
        support=found.support,
        residual=found.residual,
        found=_found(query.features, reference.features, found),
        overlap=_overlap(query.features, reference.features, found.matrix),
    )


def _found(query: Features, reference: Features, found: Fit) -> float:
    there = _inside(project(found.matrix, query.places), reference.size)
    here = _inside(project(inverse(found.matrix), reference.places), query.size)
    return float(found.agreeing.sum() / max(1, min(there, here)))


def _inside(places: FloatArray, size: Size) -> int:
    return int(((places >= 0) & (places <= size)).all(axis=1).sum())


def _overlap(query: Features, reference: Features, matrix: FloatArray) -> Agreement:
    """Compare the small looks, for which the mapping is scaled."""
    to_query, to_reference = _scaling(query), _scaling(reference)
    return agreement(query.look, reference.look, to_reference @ matrix @ inverse(to_query))


def _scaling(features: Features) -> FloatArray:
    """From the picture's own pixels to those of its look."""
    across, down = np.array(features.look.shape[1::-1]) / features.size
    return np.diag([across, down, 1.0])
