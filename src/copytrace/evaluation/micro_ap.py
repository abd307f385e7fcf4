"""Micro-average precision, the challenge's own measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.evaluation.judged import Judged


def micro_ap(judged: Judged) -> float:
    """Average precision of all predictions, pooled over queries (arXiv:2106.09672).

    The predictions of all queries form one list by descending score. Each true pair counts with the precision at the
    rank where it is found, or 0 if it is not found, and micro-AP is the mean over all true pairs: the sum of
    (recall at i - recall at i - 1) x (precision at i) over all ranks i. One list for all queries means that scores
    must be comparable across queries, and that every false alarm costs.

    Among equal scores, wrong pairs rank before right ones, so giving every pair the same score cannot help.

    >>> from copytrace.evaluation.judged import Judged
    >>> query, positives = np.array([0, 1]), np.array([1, 0])
    >>> micro_ap(Judged(np.array([True, False]), np.array([0.5, 0.5]), query, positives))
    0.5
    >>> micro_ap(Judged(np.array([True, False]), np.array([0.6, 0.5]), query, positives))
    1.0
    """
    found = np.arange(1, len(judged.right_ranks) + 1)
    return float(np.sum(found / judged.right_ranks) / judged.true_pairs)
