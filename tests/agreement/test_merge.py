"""Shards, searched separately and merged, compared with one search of everything."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from copytrace.records import ClosestPairs, Neighbours
from copytrace.search import Part, closest_pairs, limit_of, merge_neighbours, merge_pairs, nearest

Shard = tuple[slice, slice]


@st.composite
def cut(draw: st.DrawFn, rows: int) -> list[slice]:
    """Cut rows into shards, which may overlap."""
    edges = [0, *sorted(draw(st.sets(st.integers(1, rows - 1), max_size=3))), rows] if rows > 1 else [0, 1]
    overlap = draw(st.integers(0, 2))
    return [slice(start, stop + overlap) for start, stop in pairwise(edges)]


@st.composite
def sharded(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[Shard], int]:
    """Vectors with many equal distances, all pairs of their shards in any order, and a number of results."""
    queries, references, dims = (draw(st.integers(1, most)) for most in (9, 20, 3))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    query, reference = (
        generator.integers(0, 4, (rows, dims)).astype(np.float32) / 3 for rows in (queries, references)
    )
    shards = [(q, r) for q in draw(cut(queries)) for r in draw(cut(references))]
    return query, reference, draw(st.permutations(shards)), draw(st.integers(1, 30))


@given(search=sharded())
def test_merged_shards_give_the_closest_pairs_of_the_whole(
    search: tuple[np.ndarray, np.ndarray, list[Shard], int],
) -> None:
    query, reference, shards, count = search
    merged = merge_pairs([], count)

    for q, r in shards:
        found = closest_pairs(query[q], reference[r], count, within=limit_of(merged, count))
        merged = merge_pairs([Part(merged), Part(found, q.start, r.start)], count)

    expected = closest_pairs(query, reference, count)
    np.testing.assert_array_equal(merged.query, expected.query)
    np.testing.assert_array_equal(merged.reference, expected.reference)
    np.testing.assert_array_equal(merged.distance, expected.distance)


@given(search=sharded())
def test_merged_shards_give_the_nearest_references_of_the_whole(
    search: tuple[np.ndarray, np.ndarray, list[Shard], int],
) -> None:
    query, reference, shards, k = search
    k = min(k, len(reference))

    merged = merge_neighbours(
        [Part(nearest(query[q], reference[r], k), q.start, r.start) for q, r in shards], k
    )

    expected = nearest(query, reference, k)
    np.testing.assert_array_equal(merged.reference, expected.reference)
    np.testing.assert_array_equal(merged.distance, expected.distance)


def test_a_shard_is_searched_only_as_far_as_the_lists_of_the_shards_before_it() -> None:
    query, near, far = np.zeros((2, 1)), np.array([[1.0], [2.0]]), np.array([[3.0], [1.5]])

    merged = merge_neighbours([Part(nearest(query, near, 2))], 2)
    found = nearest(query, far, 2, within=limit_of(merged, 2))
    merged = merge_neighbours([Part(merged), Part(found, first_reference=2)], 2)

    assert found.reference.tolist() == [[1, -1], [1, -1]]
    assert merged.reference.tolist() == [[0, 3], [0, 3]]
    assert merged.distance.tolist() == [[1.0, 2.25], [1.0, 2.25]]


def test_nothing_limits_the_next_shard_until_enough_is_found() -> None:
    two = ClosestPairs(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 2.0]))
    lists = Neighbours(np.array([[3, 1], [2, -1]]), np.array([[1.0, 2.0], [1.0, np.inf]]))

    assert (limit_of(two, 2), limit_of(two, 3)) == (2.0, np.inf)
    assert (limit_of(lists, 1), limit_of(lists, 2), limit_of(lists, 3)) == (1.0, np.inf, np.inf)
