from __future__ import annotations

import numpy as np
import pytest

from copytrace.evaluation import Judged, score_histogram


def judged_of(correct: list[bool], scores: list[float]) -> Judged:
    query = np.arange(len(scores))
    return Judged(
        np.array(correct, dtype=np.bool_), np.array(scores, dtype=float), query, np.ones(9, np.int64)
    )


def test_right_and_wrong_predictions_are_counted_apart() -> None:
    found = score_histogram(judged_of([True, False, True, True], [0.0, 0.4, 0.6, 1.0]), bins=2)
    assert found.edges.tolist() == [0.0, 0.5, 1.0]
    assert found.right.tolist() == [1, 2]
    assert found.wrong.tolist() == [1, 0]


def test_equal_scores_make_one_bin() -> None:
    found = score_histogram(judged_of([True, False], [0.3, 0.3]))
    assert (found.right.tolist(), found.wrong.tolist()) == ([1], [1])


def test_no_prediction_makes_no_bin() -> None:
    found = score_histogram(judged_of([], []))
    assert (found.right.tolist(), found.wrong.tolist()) == ([], [])


@pytest.mark.parametrize("far", [1e6, np.finfo(float).max])
def test_an_outlier_does_not_squeeze_all_others(far: float) -> None:
    scores = np.concatenate([np.linspace(0, 1, 1000), [-far, far]])
    judged = Judged(scores > 0.5, scores, np.arange(1002), np.ones(1002, np.int64))
    found = score_histogram(judged, bins=10)
    assert found.edges[0] >= 0
    assert found.edges[-1] <= 1
    assert found.right.sum() + found.wrong.sum() == 1002


def test_scores_whose_span_is_not_finite_are_binned() -> None:
    most = np.finfo(float).max
    found = score_histogram(judged_of([True, False, True], [-most, 0.0, most]), bins=4)
    assert np.isfinite(found.edges).all()
    assert found.right.tolist() == [1, 0, 0, 1]
