"""The input of every measure: which predictions are right, and how they rank."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import EvaluationError
from copytrace.evaluation.ranking import pooled_ranking, ranks_among_wrong, ranks_within_query

if TYPE_CHECKING:
    from copytrace.records import BoolArray, FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Judged:
    """Predictions compared with the ground truth, as columns in any order.

    Queries are numbered from 0 to q - 1, so a query counts without an ID and without a prediction.

    Attributes:
        correct: (n,) bool, whether prediction i is a true pair.
        scores: (n,) float64, finite; higher is more similar.
        query: (n,) int64, the number of the query of prediction i.
        positives: (q,) int64, the number of true pairs of each query; at least 1 in total.

    Raises:
        EvaluationError: shapes differ, a score is not finite, a query number is out of range, the ground truth has no
            pair, or a query has more right predictions than true pairs.

    >>> judged = Judged(
    ...     correct=np.array([True, False]),
    ...     scores=np.array([0.5, 0.5]),
    ...     query=np.array([0, 1]),
    ...     positives=np.array([1, 0]),
    ... )
    >>> judged.ranking  # the wrong one comes first
    array([1, 0])
    """

    correct: BoolArray
    scores: FloatArray
    query: IndexArray
    positives: IndexArray

    def __post_init__(self) -> None:
        _check_shapes(self)
        _check_values(self)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def queries(self) -> int:
        """The number of judged queries, including those without a prediction or a copy."""
        return len(self.positives)

    @property
    def true_pairs(self) -> int:
        """The number of true pairs, found or not: the denominator of every recall."""
        return int(self.positives.sum())

    @cached_property
    def ranking(self) -> IndexArray:
        """(n,) int64, the predictions by descending score; among equal scores, wrong before right."""
        return pooled_ranking(self.correct, self.scores)

    @cached_property
    def right_scores(self) -> FloatArray:
        """(r,) float64, the scores of the right predictions, descending."""
        return np.sort(self.scores[self.correct])[::-1]

    @cached_property
    def right_ranks(self) -> IndexArray:
        """(r,) int64, the ranks of the right predictions in `ranking`, ascending; the best rank is 1."""
        return ranks_among_wrong(self.right_scores, self.scores[~self.correct])

    @cached_property
    def right_ranks_within_query(self) -> IndexArray:
        """(r,) int64, the ranks of the right predictions within their queries, in no particular order.

        A rank is the number of the query's predictions that score at least as high, including itself.
        """
        return ranks_within_query(self.correct, self.scores, self.query)


def _check_shapes(judged: Judged) -> None:
    shapes = {array.shape for array in (judged.correct, judged.scores, judged.query)}
    if len(shapes) > 1 or judged.scores.ndim != 1 or judged.positives.ndim != 1:
        raise EvaluationError(
            f"correct is {judged.correct.shape}, scores {judged.scores.shape}, query {judged.query.shape} "
            f"and positives {judged.positives.shape}; expected (n,), (n,), (n,) and (q,)."
        )


def _check_values(judged: Judged) -> None:
    finite = np.isfinite(judged.scores)
    if not finite.all():
        row = int(np.argmin(finite))
        raise EvaluationError(
            f"The score of prediction {row} is {judged.scores[row]}; expected a finite number."
        )
    if judged.true_pairs < 1:
        raise EvaluationError(
            "The ground truth has no true pair, so there is nothing to find. "
            "Use a ground truth file with at least one reference_id."
        )
    if len(judged) and not 0 <= judged.query.min() <= judged.query.max() < judged.queries:
        raise EvaluationError(
            f"Query numbers range from {judged.query.min()} to {judged.query.max()}; "
            f"expected 0 to {judged.queries - 1} for {judged.queries} queries."
        )
    found = np.bincount(judged.query[judged.correct], minlength=judged.queries)
    if (found > judged.positives).any():
        query = int(np.argmax(found > judged.positives))
        raise EvaluationError(
            f"Query {query} has {found[query]} right predictions but {judged.positives[query]} true pairs; "
            "each pair may be predicted once."
        )
