"""The precision-recall curve that the measures summarise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.evaluation.judged import Judged
    from copytrace.records import FloatArray


STEPS = 1000
"""A drawn curve has at most this many steps, so that a picture of 50,000 true pairs stays small."""


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision and recall at every rank of the pooled list.

    Attributes:
        precision: (n,) float64, share of right predictions down to this rank.
        recall: (n,) float64, share of the true pairs found down to this rank; never falls.
        threshold: (n,) float64, the score at this rank; never rises.
    """

    precision: FloatArray
    recall: FloatArray
    threshold: FloatArray

    def __len__(self) -> int:
        return len(self.threshold)


def precision_recall(judged: Judged) -> PrecisionRecall:
    """Precision and recall of the best i predictions, for every i; among equal scores, wrong before right.

    >>> from copytrace.evaluation.judged import Judged
    >>> correct, scores = np.array([False, True, True]), np.array([0.2, 0.9, 0.1])
    >>> curve = precision_recall(Judged(correct, scores, np.array([0, 0, 1]), np.array([1, 1])))
    >>> curve.precision.round(2), curve.recall
    (array([1.  , 0.5 , 0.67]), array([0.5, 0.5, 1. ]))
    """
    found = np.cumsum(judged.correct[judged.ranking])
    return PrecisionRecall(
        precision=found / np.arange(1, len(judged) + 1),
        recall=found / judged.true_pairs,
        threshold=judged.scores[judged.ranking],
    )


def curve_steps(judged: Judged, steps: int = STEPS) -> tuple[FloatArray, FloatArray]:
    """The edges (s + 1,) in recall and the heights (s,) in precision of the curve, as steps.

    Each true pair found has its own interval of recall, as high as the precision at its rank. If there are more than
    `steps`, neighbours share one step of their mean height, which keeps the area equal to micro-AP.
    """
    found = np.arange(1, len(judged.right_ranks) + 1)
    groups = min(steps, len(found))
    bounds = np.linspace(0, len(found), groups + 1).astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(found / judged.right_ranks)])
    return bounds / judged.true_pairs, np.diff(total[bounds]) / np.diff(bounds)
