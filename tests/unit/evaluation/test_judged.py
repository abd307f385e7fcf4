from __future__ import annotations

import numpy as np
import pytest

from copytrace.errors import EvaluationError
from copytrace.evaluation import Judged


def judged(correct: list[bool], scores: list[float], query: list[int], positives: list[int]) -> Judged:
    return Judged(
        np.array(correct, dtype=np.bool_),
        np.array(scores, dtype=np.float64),
        np.array(query, dtype=np.int64),
        np.array(positives, dtype=np.int64),
    )


def test_the_ranking_falls_in_score_and_puts_wrong_before_right_at_equal_scores() -> None:
    four = judged([True, False, True, False], [0.5, 0.5, 0.9, 0.5], [0, 0, 1, 2], [1, 1, 0])

    assert four.ranking.tolist() == [2, 1, 3, 0]
    assert four.right_ranks.tolist() == [1, 4]


def test_the_ranks_of_right_predictions_are_their_places_in_the_ranking() -> None:
    generator = np.random.default_rng(0)
    for size in range(1, 40):
        correct, scores = generator.random(size) < 0.3, generator.integers(-3, 4, size)  # Many ties.
        each = judged(correct.tolist(), scores.tolist(), [0] * size, [size])

        assert each.right_ranks.tolist() == (np.flatnonzero(correct[each.ranking]) + 1).tolist()
        assert each.right_scores.tolist() == [
            each.scores[row] for row in each.ranking.tolist() if correct[row]
        ]


def test_equal_scores_share_the_worst_of_their_ranks_within_a_query() -> None:
    five = judged([True, True, False, True, False], [0.9, 0.9, 0.5, 0.5, 1.0], [0, 0, 0, 0, 1], [3, 0])

    assert sorted(five.right_ranks_within_query.tolist()) == [2, 2, 4]


def test_it_counts_queries_without_predictions_and_pairs_that_are_not_found() -> None:
    empty = judged([], [], [], [2, 0, 1])

    assert (len(empty), empty.queries, empty.true_pairs) == (0, 3, 3)
    assert empty.ranking.tolist() == []
    assert empty.right_ranks.tolist() == []
    assert empty.right_ranks_within_query.tolist() == []


@pytest.mark.parametrize(
    ("correct", "scores", "query", "positives", "message"),
    [
        (
            [True],
            [0.5, 0.4],
            [0, 0],
            [1],
            r"correct is \(1,\), scores \(2,\), query \(2,\) and positives \(1,\)",
        ),
        ([True], [0.5], [0, 0], [1], r"expected \(n,\), \(n,\), \(n,\) and \(q,\)"),
        (
            [True, False],
            [0.5, np.nan],
            [0, 0],
            [1],
            "The score of prediction 1 is nan; expected a finite number",
        ),
        ([True, False], [-np.inf, 0.5], [0, 0], [1], "The score of prediction 0 is -inf"),
        ([False], [0.5], [0], [0, 0], "The ground truth has no true pair, so there is nothing to find"),
        ([], [], [], [], "The ground truth has no true pair"),
        ([False], [0.5], [2], [1, 0], "Query numbers range from 2 to 2; expected 0 to 1 for 2 queries"),
        ([False], [0.5], [-1], [1, 0], "Query numbers range from -1 to -1"),
        ([True, True], [0.5, 0.4], [1, 1], [1, 1], "Query 1 has 2 right predictions but 1 true pairs"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_its_place(
    correct: list[bool], scores: list[float], query: list[int], positives: list[int], message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        judged(correct, scores, query, positives)


def test_arrays_with_a_second_axis_are_refused() -> None:
    square = np.zeros((2, 2))

    with pytest.raises(EvaluationError, match=r"scores \(2, 2\)"):
        Judged(square.astype(np.bool_), square, square.astype(np.int64), np.array([1]))
    with pytest.raises(EvaluationError, match=r"positives \(1, 1\)"):
        Judged(np.array([True]), np.array([0.5]), np.array([0]), np.array([[1]]))
