"""How many copies are found while at most one alarm in ten is false, and at which score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import EvaluationError

if TYPE_CHECKING:
    from copytrace.evaluation.judged import Judged


@dataclass(frozen=True)
class OperatingPoint:
    """A rank of the pooled list, used as a cut-off.

    Attributes:
        recall: share of the true pairs found, 0.0 if no rank is precise enough.
        precision: share of right predictions down to this rank, None if there is no rank.
        threshold: the score at this rank, None if there is no rank.
    """

    recall: float
    precision: float | None
    threshold: float | None


def recall_at_precision(judged: Judged, precision: float = 0.9) -> OperatingPoint:
    """The highest recall at any rank whose precision is at least `precision` (arXiv:2106.09672).

    Among equal scores, wrong pairs rank before right ones, so the best rank is the last of its score: taking every
    prediction with a score >= threshold gives exactly this recall and precision.

    Args:
        judged: n predictions.
        precision: above 0, at most 1.

    Raises:
        EvaluationError: precision is out of range.

    >>> from copytrace.evaluation.judged import Judged
    >>> correct, scores = np.array([True, False, True]), np.array([0.9, 0.8, 0.7])
    >>> recall_at_precision(Judged(correct, scores, np.array([0, 0, 1]), np.array([1, 1])))
    OperatingPoint(recall=0.5, precision=1.0, threshold=0.9)
    """
    if not 0 < precision <= 1:
        raise EvaluationError(f"Precision is {precision}; expected above 0 and at most 1.")
    # Precision falls at every wrong prediction, so only ranks of right ones can be best.
    found = np.arange(1, len(judged.right_ranks) + 1)
    precise = np.flatnonzero(found / judged.right_ranks >= precision)
    if not len(precise):
        return OperatingPoint(0.0, None, None)
    best = int(precise[-1])
    rank = int(judged.right_ranks[best])
    return OperatingPoint(
        recall=(best + 1) / judged.true_pairs,
        precision=(best + 1) / rank,
        threshold=float(judged.right_scores[best]),
    )


def recall_at_p90(judged: Judged) -> float:
    """The highest recall at any rank whose precision is at least 0.9; 0.0 if there is none."""
    return recall_at_precision(judged, 0.9).recall
