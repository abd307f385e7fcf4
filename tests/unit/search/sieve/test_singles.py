from __future__ import annotations

import numpy as np
import pytest

from copytrace.search.plain import block_distances
from copytrace.search.sieve import _singles


def passes(query: np.ndarray, reference: np.ndarray, limit: np.ndarray) -> set[tuple[int, int]]:
    centre = reference.mean(axis=0, dtype=np.float64)
    queries = _singles.scale(query, centre, _singles.GROUP)
    references = _singles.scale(reference, centre, _singles.PANEL)
    room = np.empty(((len(query) + 4) * (len(reference) + 16), 2), np.int32)
    count, panel = _singles.sift(queries, references, limit, 0, room)
    assert panel == -(-len(reference) // 16)
    found = {(int(q), int(r)) for q, r in room[:count]}
    assert len(found) == count
    return found


@pytest.mark.parametrize("dims", [1, 5, 256])
@pytest.mark.parametrize("factor", [1.0, 1e-30, 1e30])
def test_every_pair_within_the_limit_passes_and_hardly_any_other(dims: int, factor: float) -> None:
    generator = np.random.default_rng(dims)
    query = (generator.normal(size=(37, dims)) * factor).astype(np.float32)
    reference = (generator.normal(size=(333, dims)) * factor).astype(np.float32)
    distance = block_distances(query.astype(np.float64), reference.astype(np.float64))
    limit = np.quantile(distance, 0.01)

    passed = passes(query, reference, np.full(37, limit))

    wanted = {(int(q), int(r)) for q, r in np.argwhere(distance <= limit)}
    assert wanted <= passed
    assert len(passed) <= len(wanted) + 5


def test_each_query_has_its_own_limit() -> None:
    query, reference = np.zeros((6, 4)), np.ones((20, 4))

    passed = passes(query, reference, np.array([5.0, 3.0, np.inf, -np.inf, 4.0, 0.0]))

    assert {q for q, _ in passed} == {0, 2, 4}
    assert len(passed) == 60


def test_vectors_of_any_size_stay_within_the_range_of_float32() -> None:
    rows = np.array([[1e140, -1e140], [3e-20, 0.0]])

    scaled = _singles.scale(rows, np.zeros(2), 4)

    assert np.abs(scaled.tiles).max() <= 1
    assert scaled.tiles.shape == (1, 2, 4)
    assert 2.0**scaled.exponent * scaled.tiles[0, :, 0].astype(np.float64) == pytest.approx([1e140, -1e140])
