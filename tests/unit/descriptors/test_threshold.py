from __future__ import annotations

import numpy as np

from copytrace.descriptors.threshold import fit_threshold


def test_one_query_in_a_hundred_is_taken_for_a_copy_of_a_picture_it_is_not_from() -> None:
    nearest = np.random.default_rng(0).permutation(np.linspace(0, 4, 1000))
    assert np.count_nonzero(nearest <= fit_threshold(nearest)) == 10
