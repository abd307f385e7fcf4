"""How many copies are among their query's best predictions, whatever the other queries' scores are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import EvaluationError

if TYPE_CHECKING:
    from copytrace.evaluation.judged import Judged


def recall_at_k(judged: Judged, k: int) -> float:
    """Share of the true pairs that are among the k best predictions of their query.

    A prediction's rank within its query is the number of that query's predictions with a score at least as high,
    including itself; so equal scores share the worst of their ranks, as in the challenge's evaluation. Scores of
    different queries are never compared: the measure says nothing about false alarms.

    Args:
        judged: n predictions.
        k: at least 1.

    Raises:
        EvaluationError: k < 1.

    >>> from copytrace.evaluation.judged import Judged
    >>> query, positives = np.array([0, 0]), np.array([1])
    >>> recall_at_k(Judged(np.array([True, False]), np.array([0.5, 0.5]), query, positives), k=1)
    0.0
    >>> recall_at_k(Judged(np.array([True, False]), np.array([0.6, 0.5]), query, positives), k=1)
    1.0
    """
    if k < 1:
        raise EvaluationError(f"k is {k}; expected at least 1.")
    found = np.count_nonzero(judged.right_ranks_within_query <= k)
    return int(found) / judged.true_pairs


def recall_at_1(judged: Judged) -> float:
    """Share of the true pairs that are their query's best prediction."""
    return recall_at_k(judged, 1)


def recall_at_10(judged: Judged) -> float:
    """Share of the true pairs among their query's ten best predictions."""
    return recall_at_k(judged, 10)
