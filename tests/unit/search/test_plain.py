from __future__ import annotations

import numpy as np
import pytest

from copytrace.errors import SearchError
from copytrace.search import plain
from copytrace.search.plain import PLAIN


def test_the_closest_pairs_come_by_rising_distance() -> None:
    query = np.array([[0.0, 0.0], [4.0, 0.0]])
    reference = np.array([[0.0, 1.0], [4.0, 3.0], [9.0, 9.0]])

    found = PLAIN.pairs(query, reference, 3)

    assert found.query.tolist() == [0, 1, 1]
    assert found.reference.tolist() == [0, 1, 0]
    assert found.distance.tolist() == [1.0, 9.0, 17.0]


def test_equal_distances_come_by_query_and_then_by_reference() -> None:
    query = np.zeros((2, 1))
    reference = np.array([[1.0], [-1.0], [1.0]])

    found = PLAIN.pairs(query, reference, 4)

    assert found.query.tolist() == [0, 0, 0, 1]
    assert found.reference.tolist() == [0, 1, 2, 0]


def test_equal_distances_keep_their_order_over_the_edges_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "QUERY_ROWS", 2)
    monkeypatch.setattr(plain, "REFERENCE_ROWS", 3)
    query, reference = np.zeros((5, 2)), np.ones((7, 2))

    found = PLAIN.pairs(query, reference, 9)
    lists = PLAIN.nearest(query, reference, 4)

    assert found.query.tolist() == [0] * 7 + [1] * 2
    assert found.reference.tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]
    assert lists.reference.tolist() == [[0, 1, 2, 3]] * 5


def test_the_nearest_references_come_by_rising_distance() -> None:
    query = np.array([[0.0], [10.0]])
    reference = np.array([[3.0], [-1.0], [8.0]])

    found = PLAIN.nearest(query, reference, 2)

    assert found.reference.tolist() == [[1, 0], [2, 0]]
    assert found.distance.tolist() == [[1.0, 9.0], [4.0, 49.0]]


def test_a_distance_is_the_same_to_the_last_bit_in_every_block() -> None:
    generator = np.random.default_rng(3)
    query, reference = generator.normal(size=(70, 256)), generator.normal(size=(90, 256))

    together = plain.block_distances(query, reference)

    alone = [plain.block_distances(query[row : row + 1], reference[13:14])[0, 0] for row in range(70)]
    assert together[:, 13].tolist() == alone


def test_less_than_one_result_is_refused() -> None:
    with pytest.raises(SearchError, match="count is 0; expected at least 1"):
        PLAIN.pairs(np.zeros((1, 1)), np.zeros((1, 1)), 0)
    with pytest.raises(SearchError, match="k is -3; expected at least 1"):
        PLAIN.nearest(np.zeros((1, 1)), np.zeros((1, 1)), -3)
