from __future__ import annotations

import numpy as np
import pytest

from copytrace.pipelines.thresholds import threshold_of_precision


@pytest.mark.parametrize(
    ("probabilities", "precision", "threshold"),
    [
        ([1.0, 0.9, 0.8, 0.2, 0.2], 0.9, 0.8),
        (
            [0.2, 1.0, 0.2, 0.8, 0.9],
            0.725,
            0.8,
        ),  # One of the two last pairs would be acceptable, but not both.
        ([0.6, 0.6], 0.6, 0.6),
        ([0.6, 0.1], 0.9, 1.0),
        ([], 0.9, 1.0),
    ],
)
def test_the_threshold_of_a_precision_calls_all_pairs_of_one_probability_copies_or_none(
    probabilities: list[float], precision: float, threshold: float
) -> None:
    assert threshold_of_precision(np.array(probabilities), precision).score == threshold
