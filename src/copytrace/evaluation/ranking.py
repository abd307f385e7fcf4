"""How predictions rank: in one list over all queries, and each within its own query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import BoolArray, FloatArray, IndexArray


def pooled_ranking(correct: BoolArray, scores: FloatArray) -> IndexArray:
    """(n,) int64, the predictions by descending score; among equal scores, wrong before right.

    >>> pooled_ranking(np.array([True, False, True]), np.array([0.5, 0.5, 0.9]))
    array([2, 1, 0])
    """
    wrong, right = _by_falling_score(~correct, scores), _by_falling_score(correct, scores)
    # Each right one goes after all wrong ones with its score; this takes a third of the time of sorting by two keys.
    place = np.searchsorted(-scores[wrong], -scores[right], side="right")
    return np.insert(wrong, place, right)


def _by_falling_score(chosen: BoolArray, scores: FloatArray) -> IndexArray:
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(-scores[rows])]


def ranks_among_wrong(right: FloatArray, wrong: FloatArray) -> IndexArray:
    """(r,) int64, the rank of each right prediction in `pooled_ranking`, without ranking the wrong ones.

    Sorting scores takes a fraction of the time of sorting rows by them.

    Args:
        right: (r,) scores of the right predictions, descending.
        wrong: scores of the wrong predictions, in any order.

    >>> ranks_among_wrong(np.array([0.9, 0.5]), np.array([0.1, 0.5]))
    array([1, 3])
    """
    at_least_as_high = len(wrong) - np.searchsorted(np.sort(wrong), right)
    ranks: IndexArray = at_least_as_high + np.arange(1, len(right) + 1)
    return ranks


def ranks_within_query(correct: BoolArray, scores: FloatArray, query: IndexArray) -> IndexArray:
    """(r,) int64, the rank of each right prediction within its query; the best rank is 1.

    The rank is the number of the query's predictions that score at least as high, including itself: equal scores
    share the worst of their ranks, as in the challenge's evaluation.

    >>> ranks_within_query(np.array([True, False, True]), np.array([0.5, 0.5, 0.9]), np.array([0, 0, 1]))
    array([2, 1])
    """
    asked = np.bincount(query[correct], minlength=query.max(initial=0) + 1) > 0
    rows = np.flatnonzero(asked[query])
    rows = rows[np.lexsort((-scores[rows], query[rows]))]
    new_query = _differs_from_previous(query[rows])
    query_start, _ = _runs(new_query)
    _, tie_end = _runs(new_query | _differs_from_previous(scores[rows]))
    ranks: IndexArray = (tie_end - query_start)[correct[rows]]
    return ranks


def _differs_from_previous(values: IndexArray | FloatArray) -> BoolArray:
    """(n,) bool, whether each value starts a run of equal values; the first one does."""
    begins = np.ones(len(values), dtype=np.bool_)
    begins[1:] = values[1:] != values[:-1]
    return begins


def _runs(begins: BoolArray) -> tuple[IndexArray, IndexArray]:
    """Two (n,) int64: the start and the end of each row's run."""
    starts = np.flatnonzero(begins)
    lengths = np.diff(starts, append=len(begins))
    return np.repeat(starts, lengths), np.repeat(starts + lengths, lengths)
