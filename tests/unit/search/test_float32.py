from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.search import float32
from copytrace.search.blockwise import Wanted
from copytrace.search.collectors import PairCollector
from copytrace.search.float32 import FLOAT32
from copytrace.search.plain import PLAIN, block_distances


def passed(query: np.ndarray, reference: np.ndarray, within: float) -> int:
    """How many pairs are not ruled out by the float32 product."""
    wanted = Wanted(PairCollector(len(query) * len(reference), within))
    comparison = float32._Float32Comparison(reference, 0, query, wanted)
    limits = wanted.limits(0, len(query), 0)
    assert limits is not None
    references = comparison._frame.place(reference, float32.TILE)
    need = float32._padded(references.half_square * (1 - comparison._slack), float32.TILE)[:, None, :]
    least = comparison._least(comparison._queries.half_square, limits)
    found = float32._sift(comparison._queries.tiles[0], least, references, need)
    return len(query) * len(reference) if found is None else len(found[0])


@pytest.mark.parametrize("dims", [1, 5, 256])
@pytest.mark.parametrize("factor", [1.0, 1e-30, 1e30])
def test_hardly_any_pair_beyond_the_limit_is_looked_at(dims: int, factor: float) -> None:
    generator = np.random.default_rng(dims)
    query = (generator.normal(size=(30, dims)) * factor).astype(np.float32)
    reference = (generator.normal(size=(333, dims)) * factor).astype(np.float32)
    distance = block_distances(query.astype(np.float64), reference.astype(np.float64))

    within = float(np.quantile(distance, 0.01))

    assert 0 <= passed(query, reference, within) - np.count_nonzero(distance <= within) <= 5


def test_vectors_far_from_the_origin_are_told_apart() -> None:
    generator = np.random.default_rng(1)
    query, reference = ((generator.normal(size=(rows, 64)) + 1000).astype(np.float32) for rows in (20, 500))
    distance = block_distances(query.astype(np.float64), reference.astype(np.float64))

    within = float(np.quantile(distance, 0.01))

    assert passed(query, reference, within) <= np.count_nonzero(distance <= within) + 5


@given(
    dims=st.sampled_from([2, 31, 256]),
    seed=st.integers(0, 2**32),
    step=st.sampled_from([2.0**-12, 2.0**-20, 2.0**-23]),
    shift=st.sampled_from([0.0, 1.0, 3.0]),
    sign=st.sampled_from([1, -1]),
)
def test_no_pair_at_its_limit_is_lost_to_rounding(
    dims: int, seed: int, step: float, shift: float, sign: int
) -> None:
    # Values that float32 represents exactly, while their products and sums are always rounded.
    generator = np.random.default_rng(seed)
    reference = (shift + step * generator.integers(-1000, 1000, (64, dims))).astype(np.float32)
    query = (sign * reference[:1] + step * generator.integers(-3, 4, (1, dims))).astype(np.float32)
    distance = PLAIN.nearest(query, reference, 64)

    for place in (0, 1, 31, 63):
        found = FLOAT32.nearest(query, reference, place + 1, within=float(distance.distance[0, place]))
        assert found.reference.tolist() == distance.reference[:, : place + 1].tolist()


def test_a_few_queries_in_many_references_compile_nothing() -> None:
    code = (
        "import sys, numpy as np; from copytrace.search import closest_pairs, nearest;"
        "reference = np.random.default_rng(1).normal(size=(40_000, 16)).astype('f4');"
        "closest_pairs(reference[:40], reference, 10); nearest(reference[:40], reference, 10);"
        "print('numba' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_a_reference_too_long_for_a_float32_product_is_found_all_the_same() -> None:
    rng = np.random.default_rng(4)
    query, reference = rng.normal(size=(3, 8)), rng.normal(size=(5000, 8))
    reference[1234] = 1e30  # The frame is computed from a few references, and this is not one of them.
    found = FLOAT32.pairs(query, reference, 10)
    expected = PLAIN.pairs(query, reference, 10)
    assert found.reference.tolist() == expected.reference.tolist()
    assert found.distance.tolist() == expected.distance.tolist()
