"""Each measure on lists short enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from copytrace.errors import EvaluationError
from copytrace.evaluation import (
    Judged,
    OperatingPoint,
    curve_steps,
    micro_ap,
    precision_recall,
    recall_at_1,
    recall_at_10,
    recall_at_k,
    recall_at_p90,
    recall_at_precision,
)


def one_query(correct: list[bool], scores: list[float], true_pairs: int) -> Judged:
    query = np.zeros(len(scores), dtype=np.int64)
    return Judged(np.array(correct, dtype=np.bool_), np.array(scores), query, np.array([true_pairs]))


def test_micro_ap_is_the_mean_precision_at_the_right_ranks() -> None:
    # Right at ranks 1 and 3: (1/1 + 2/3) / 2.
    assert micro_ap(one_query([True, False, True], [0.9, 0.8, 0.7], 2)) == pytest.approx(5 / 6)


def test_a_missed_pair_counts_nothing() -> None:
    assert micro_ap(one_query([True, False], [0.9, 0.8], 4)) == 0.25


def test_equal_scores_rank_wrong_pairs_first() -> None:
    # All three have the same score: right at ranks 2 and 3.
    assert micro_ap(one_query([True, True, False], [0.5, 0.5, 0.5], 2)) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_micro_ap_pools_the_queries_so_one_scale_has_to_serve_all() -> None:
    # Each query ranks its right reference first, but the second query's scores are all below the first's.
    pooled = Judged(
        np.array([True, False, True, False]),
        np.array([0.9, 0.8, 0.2, 0.1]),
        np.array([0, 0, 1, 1]),
        np.array([1, 1]),
    )

    assert micro_ap(pooled) == pytest.approx((1 + 2 / 3) / 2)
    assert recall_at_1(pooled) == 1.0


def test_the_curve_has_a_point_per_rank() -> None:
    curve = precision_recall(one_query([True, False, True], [0.7, 0.8, 0.9], 4))

    assert curve.precision.tolist() == [1.0, 0.5, 2 / 3]
    assert curve.recall.tolist() == [0.25, 0.25, 0.5]
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7]
    assert len(curve) == 3


@pytest.mark.parametrize(
    ("steps", "edges", "heights"), [(1000, [0.0, 0.25, 0.5], [1.0, 2 / 3]), (1, [0.0, 0.5], [5 / 6])]
)
def test_the_drawn_curve_has_a_step_per_right_pair_or_their_mean(
    steps: int, edges: list[float], heights: list[float]
) -> None:
    recall, precision = curve_steps(one_query([True, False, True], [0.7, 0.8, 0.9], 4), steps)

    assert recall.tolist() == edges
    assert precision == pytest.approx(heights)


def test_recall_at_p90_is_the_last_rank_that_is_precise_enough_though_earlier_ones_are_not() -> None:
    # Wrong at rank 1, then nine right ones: precision first reaches 0.9 at rank 10.
    late = one_query([False, *[True] * 9], [1.0 - rank / 100 for rank in range(10)], 18)

    assert recall_at_p90(late) == 0.5
    assert recall_at_precision(late) == OperatingPoint(recall=0.5, precision=0.9, threshold=0.91)


def test_recall_at_p90_is_zero_and_without_threshold_where_no_rank_is_precise_enough() -> None:
    assert recall_at_precision(one_query([False, True], [0.9, 0.8], 1)) == OperatingPoint(0.0, None, None)
    assert recall_at_p90(one_query([False, True], [0.9, 0.8], 1)) == 0.0


def test_one_score_for_all_pairs_gives_no_recall_at_p90() -> None:
    assert recall_at_p90(one_query([True, True, True, False], [0.5] * 4, 3)) == 0.0


@pytest.mark.parametrize("precision", [0.0, -0.1, 1.1, float("nan")])
def test_a_precision_out_of_its_range_is_refused(precision: float) -> None:
    with pytest.raises(EvaluationError, match=f"Precision is {precision}; expected above 0 and at most 1"):
        recall_at_precision(one_query([True], [0.5], 1), precision)


def test_recall_at_k_looks_at_each_query_alone() -> None:
    # Query 0 finds its pair second, query 1 first, query 2 not at all.
    three = Judged(
        np.array([False, True, True, False]),
        np.array([0.9, 0.8, 0.1, 0.95]),
        np.array([0, 0, 1, 2]),
        np.array([1, 1, 1]),
    )

    assert recall_at_k(three, 1) == pytest.approx(1 / 3)
    assert recall_at_k(three, 2) == pytest.approx(2 / 3)


def test_ten_predictions_with_one_score_are_within_ten_but_eleven_are_not() -> None:
    assert recall_at_10(one_query([True, *[False] * 9], [0.5] * 10, 1)) == 1.0
    assert recall_at_10(one_query([True, *[False] * 10], [0.5] * 11, 1)) == 0.0


def test_two_references_of_a_query_at_one_score_are_both_second() -> None:
    assert recall_at_k(one_query([True, True], [0.5, 0.5], 2), 1) == 0.0
    assert recall_at_k(one_query([True, True], [0.5, 0.5], 2), 2) == 1.0


def test_scores_at_the_ends_of_the_range_of_floats_are_compared_without_overflow() -> None:
    assert recall_at_1(one_query([True, False], [1.7e308, -1.7e308], 1)) == 1.0


def test_a_k_below_one_is_refused() -> None:
    with pytest.raises(EvaluationError, match="k is 0; expected at least 1"):
        recall_at_k(one_query([True], [0.5], 1), 0)
