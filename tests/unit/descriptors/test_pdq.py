from __future__ import annotations

import numpy as np
import pytest

from copytrace.descriptors import descriptor_card, load_descriptor

pytestmark = pytest.mark.needs("pdq")


def test_squared_distance_is_four_times_the_hamming_distance() -> None:
    import pdqhash

    rng = np.random.default_rng(1)
    one, other = (
        rng.integers(0, 256, (8, 8, 3), dtype=np.uint8).repeat(16, axis=0).repeat(16, axis=1)
        for _ in range(2)
    )
    hamming = int(np.count_nonzero(pdqhash.compute(one)[0] != pdqhash.compute(other)[0]))
    first, second = load_descriptor("pdq").describe([one, other])
    assert hamming > 0
    assert float(((first - second) ** 2).sum()) == 4 * hamming


def test_the_threshold_is_31_bits() -> None:
    assert descriptor_card("pdq").threshold == 4 * 31
