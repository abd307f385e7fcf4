from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.errors import EvaluationError
from copytrace.evaluation import judge
from copytrace.records import Matches, Truth

if TYPE_CHECKING:
    from collections.abc import Sequence

TRUTH = Truth(
    query_ids=["Q1", "Q2", "Q3"],
    pair_query_ids=["Q1", "Q1", "Q3"],
    pair_reference_ids=["R1", "R2", "R1"],
)


def predictions(*rows: tuple[str, str, float]) -> Matches:
    return Matches(
        [query for query, _, _ in rows],
        [reference for _, reference, _ in rows],
        np.array([score for _, _, score in rows], dtype=np.float64),
    )


def test_a_row_is_right_where_its_pair_is_a_true_one() -> None:
    judged = judge(
        predictions(("Q3", "R1", 0.1), ("Q1", "R2", 0.2), ("Q3", "R2", 0.3), ("Q2", "R9", 0.4)), TRUTH
    )

    assert judged.correct.tolist() == [True, True, False, False]
    assert judged.query.tolist() == [2, 0, 2, 1]
    assert judged.scores.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert judged.positives.tolist() == [2, 0, 1]


def test_rows_of_queries_outside_the_truth_are_left_out() -> None:
    judged = judge(predictions(("Q9", "R1", 0.9), ("Q1", "R1", 0.5), ("Q8", "R1", np.nan)), TRUTH)

    assert judged.scores.tolist() == [0.5]
    assert judged.correct.tolist() == [True]


def test_an_empty_submission_still_counts_all_queries_and_true_pairs() -> None:
    judged = judge(predictions(), TRUTH)

    assert (len(judged), judged.queries, judged.true_pairs) == (0, 3, 3)


def test_a_pair_that_is_predicted_twice_is_named() -> None:
    repeated = predictions(
        ("Q9", "R1", 0.9), ("Q1", "R1", 0.5), ("Q2", "R7", 0.4), ("Q1", "R1", 0.3), ("Q2", "R7", 0.2)
    )

    with pytest.raises(EvaluationError, match=r"The pair \(Q1, R1\) is predicted again in prediction 4"):
        judge(repeated, TRUTH)


def test_a_repeated_pair_of_a_query_outside_the_truth_is_left_out_like_every_row_of_it() -> None:
    judged = judge(predictions(("Q9", "R1", 0.9), ("Q9", "R1", 0.8), ("Q1", "R1", 0.5)), TRUTH)

    assert len(judged) == 1


@pytest.mark.parametrize(
    ("query_ids", "pair_query_ids", "pair_reference_ids", "message"),
    [
        (["Q1", "Q2", "Q1"], ["Q1"], ["R1"], "The ground truth lists query Q1 twice; expected once"),
        (["Q1"], ["Q1", "Q5"], ["R1", "R1"], "a true pair of query Q5, which is not among its query_ids"),
        (
            ["Q1", "Q2"],
            ["Q1", "Q2", "Q1"],
            ["R1", "R1", "R1"],
            r"The ground truth lists the pair \(Q1, R1\) twice",
        ),
        (
            ["Q1"],
            ["Q1"],
            ["R1", "R2"],
            "1 pair_query_ids and 2 pair_reference_ids; expected one of each per true pair",
        ),
        (["Q1"], [], [], "The ground truth has no true pair"),
        ([], [], [], "The ground truth has no true pair"),
    ],
)
def test_a_truth_that_contradicts_itself_is_refused(
    query_ids: Sequence[str],
    pair_query_ids: Sequence[str],
    pair_reference_ids: Sequence[str],
    message: str,
) -> None:
    with pytest.raises(EvaluationError, match=message):
        judge(predictions(("Q1", "R1", 0.5)), Truth(query_ids, pair_query_ids, pair_reference_ids))


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(
        EvaluationError, match="2 query_ids, 1 reference_ids and 1 scores; expected one of each"
    ):
        judge(Matches(["Q1", "Q2"], ["R1"], np.array([0.5])), TRUTH)
