from __future__ import annotations

import numpy as np
import pytest

from copytrace.descriptors.fitting import LIGHT_EDITS, bias_cap, fit_threshold


def test_one_query_in_a_hundred_is_taken_for_a_copy_of_a_picture_it_is_not_from() -> None:
    distance = np.random.default_rng(0).permutation(np.linspace(1, 4, 1000))
    bias = np.full(1000, 0.5)
    assert np.count_nonzero(distance + bias <= fit_threshold(distance, bias)) == 10


def test_pictures_nearer_than_a_light_edit_are_no_false_alarms() -> None:
    apart = np.linspace(1, 4, 1000)
    with_twins = np.concatenate((apart, np.full(50, LIGHT_EDITS / 2)))
    assert fit_threshold(with_twins, 2.0) == fit_threshold(apart, 2.0)
    assert fit_threshold(np.zeros(9), 2.0) == 2.0


def test_a_capped_bias_changes_the_verdict_on_light_edits_alone() -> None:
    rng = np.random.default_rng(0)
    distance, bias = rng.uniform(0, 4, 5000), rng.uniform(2, 6, 5000)
    threshold = fit_threshold(distance, bias)
    capped = distance + np.minimum(bias, bias_cap(threshold)) <= threshold
    light = distance <= LIGHT_EDITS
    assert capped[light].all()
    assert (capped == (distance + bias <= threshold))[~light].all()
    assert bias_cap(LIGHT_EDITS / 2) == pytest.approx(0)
