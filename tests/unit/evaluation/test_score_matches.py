from __future__ import annotations

import numpy as np
import pytest

from copytrace.errors import EvaluationError
from copytrace.evaluation import score_matches
from copytrace.records import Matches, Score, Truth

TRUTH = Truth(["Q1", "Q2", "Q3"], ["Q1", "Q2"], ["R1", "R2"])
MATCHES = Matches(["Q1", "Q3", "Q2", "Q9"], ["R1", "R1", "R2", "R9"], np.array([0.9, 0.8, 0.7, 1.0]))


def test_a_score_holds_every_measure_and_the_counts() -> None:
    assert score_matches(MATCHES, TRUTH, bootstrap=0) == Score(
        micro_ap=(1 + 2 / 3) / 2,
        recall_at_p90=0.5,
        threshold_at_p90=0.9,
        recall_at_1=1.0,
        recall_at_10=1.0,
        interval=None,
        queries=3,
        true_pairs=2,
        predictions=3,
    )


def test_the_interval_is_there_by_default_and_holds_the_value() -> None:
    score = score_matches(MATCHES, TRUTH)

    assert score.interval is not None
    low, high = score.interval
    assert 0 <= low <= score.micro_ap <= high <= 1
    assert score == score_matches(MATCHES, TRUTH, bootstrap=1000, seed=0, threads=1)


def test_a_negative_number_of_replicates_is_refused() -> None:
    with pytest.raises(EvaluationError, match=r"-1 replicates; expected 0 \(no interval\) or more"):
        score_matches(MATCHES, TRUTH, bootstrap=-1)
