"""The numbers that speak for or against a copy, drawn from a pair's evidence and from its place in the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.matching.fit import TIGHT

if TYPE_CHECKING:
    from copytrace.matching.verifier import Evidence
    from copytrace.records import FloatArray


@dataclass(frozen=True)
class Retrieval:
    """What the search says of a candidate.

    Attributes:
        distance: squared distance of the query's best view and the reference, with the score normalisation.
        gap: how much closer it is than the query's next candidate; negative behind the first one.
    """

    distance: float
    gap: float


SEARCHED = ("closeness", "gap")
"""Signals of every candidate."""
COMPARED = (*SEARCHED, "support", "agreement", "area", "found", "precision", "correlation", "kept")
"""Signals of a candidate that can be laid over its query. For each, more speaks for a copy."""


def signals(retrieval: Retrieval, evidence: Evidence | None) -> FloatArray:
    """The values of `COMPARED`, or of `SEARCHED` where there is no evidence."""
    searched = [-retrieval.distance, retrieval.gap]
    if evidence is None:
        return np.array(searched)
    overlap = evidence.overlap
    return np.array(
        [
            *searched,
            np.log2(evidence.support),
            overlap.agreeing / (overlap.cells + 5),
            np.log2(1 + overlap.agreeing),
            np.log2(evidence.found + 0.01),
            -evidence.residual / TIGHT,
            overlap.correlation,
            _kept(evidence),
        ]
    )


def _kept(evidence: Evidence) -> float:
    """How much less is found than so faithful a copy would show: 0, or negative.

    A copy whose cells correlate almost perfectly has kept its detail, so its points are found again. Two pages of
    one template agree as well in their frames, and few of their points are found.
    """
    faithful = np.clip((evidence.overlap.sharpest - 0.9) / 0.1, 0, 1)
    return float(-faithful * np.clip(0.4 - evidence.found, 0, 0.4))
