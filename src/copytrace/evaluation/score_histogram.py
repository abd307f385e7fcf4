"""How the scores of right and wrong predictions are distributed: what a threshold would separate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.evaluation.judged import Judged
    from copytrace.records import FloatArray, IndexArray

TAIL = 0.002
"""Share of the scores at each end that the end bins include, so that one outlier does not squeeze all others."""


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """Counts of predictions by score.

    Attributes:
        edges: (b + 1,) float64, ascending; the end bins also count what lies beyond them.
        right: (b,) int64, right predictions in each bin.
        wrong: (b,) int64, wrong predictions in each bin.
    """

    edges: FloatArray
    right: IndexArray
    wrong: IndexArray


def score_histogram(judged: Judged, bins: int = 40) -> ScoreHistogram:
    """Count right and wrong predictions by score; equal scores give a single bin, and no predictions none.

    >>> from copytrace.evaluation.judged import Judged
    >>> correct, scores = np.array([True, False, True]), np.array([0.0, 0.1, 1.0])
    >>> found = score_histogram(Judged(correct, scores, np.array([0, 0, 1]), np.array([1, 1])), bins=2)
    >>> found.edges, found.right, found.wrong
    (array([0. , 0.5, 1. ]), array([1, 1]), array([1, 0]))
    """
    if not len(judged):
        return ScoreHistogram(np.zeros(1), np.zeros(0, np.int64), np.zeros(0, np.int64))
    low, high = np.quantile(judged.scores, [TAIL, 1 - TAIL], method="nearest")
    bins = bins if low < high else 1
    # Halved for now: the span of two finite scores may not be finite.
    edges = 2 * np.linspace(low / 2, high / 2, bins + 1)
    bin_of = np.clip(np.searchsorted(edges, judged.scores, side="right") - 1, 0, bins - 1)
    right, wrong = (
        np.bincount(bin_of[chosen], minlength=bins) for chosen in (judged.correct, ~judged.correct)
    )
    return ScoreHistogram(edges, right, wrong)
