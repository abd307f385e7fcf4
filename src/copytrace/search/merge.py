"""Merges search results for parts of the queries or references into the exact result for the whole.

Parts may come in any order, overlap, or be merged results themselves. Since each distance depends only on its two
vectors, the merged result equals that of a single search, to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

from copytrace.records import ClosestPairs, Neighbours

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copytrace.records import BoolArray, FloatArray, IndexArray

Found = TypeVar("Found", ClosestPairs, Neighbours)


class Part(NamedTuple, Generic[Found]):
    """A search result for a part of the queries and of the references.

    Attributes:
        found: the result, with rows counted from the start of the part.
        first_query: the row where the part's queries start.
        first_reference: the row where the part's references start.
    """

    found: Found
    first_query: int = 0
    first_reference: int = 0


def merge_pairs(parts: Iterable[Part[ClosestPairs]], count: int) -> ClosestPairs:
    """Merge the closest pairs of parts; each part must contain its `count` closest pairs.

    Args:
        parts: results of `closest_pairs`. Results found with `within` count as complete up to that distance.
        count: number of pairs to keep.

    >>> near = ClosestPairs(np.array([0, 1]), np.array([2, 0]), np.array([1.0, 4.0]))
    >>> far = ClosestPairs(np.array([0, 0]), np.array([1, 0]), np.array([3.0, 9.0]))
    >>> merged = merge_pairs([Part(far, first_reference=3), Part(near)], 3)
    >>> merged.query.tolist(), merged.reference.tolist(), merged.distance.tolist()
    ([0, 0, 1], [2, 4, 0], [1.0, 3.0, 4.0])
    """
    pairs = join(parts)
    order = np.lexsort((pairs.reference, pairs.query, pairs.distance))
    pairs = ClosestPairs(pairs.query[order], pairs.reference[order], pairs.distance[order])
    first = _first_of_equals(pairs.query, pairs.reference)
    return ClosestPairs(
        pairs.query[first][:count], pairs.reference[first][:count], pairs.distance[first][:count]
    )


def merge_neighbours(parts: Iterable[Part[Neighbours]], k: int) -> Neighbours:
    """Merge the nearest references of parts; each part must contain each query's `k` nearest references.

    Args:
        parts: results of `nearest`.
        k: number of references per query to keep.

    Returns:
        (n, k) references of each query, where n is the end of the last part. If there are fewer than k, the rest of
        the row is filled with reference -1 at distance infinity.

    >>> near = Neighbours(np.array([[1, 0]]), np.array([[1.0, 4.0]]))
    >>> far = Neighbours(np.array([[0]]), np.array([[2.0]]))
    >>> merge_neighbours([Part(near), Part(far, first_reference=2)], 2).reference.tolist()
    [[1, 2]]
    """
    parts = list(parts)
    queries = max((part.first_query + len(part.found.distance) for part in parts), default=0)
    merged = Neighbours(np.full((queries, k), -1, np.int64), np.full((queries, k), np.inf))
    for part in parts:
        row, column = np.nonzero(part.found.reference >= 0)
        insert(
            part.first_query + row,
            part.first_reference + part.found.reference[row, column],
            part.found.distance[row, column],
            merged.reference,
            merged.distance,
        )
    return merged


def limit_of(found: ClosestPairs | Neighbours, count: int) -> float:
    """The distance up to which another part can still change a result: pass it to that part's search as `within`.

    Args:
        found: the merged result so far; for neighbours, with a row for each query.
        count: number of pairs, or of references per query, to keep.

    >>> limit_of(ClosestPairs(np.array([0, 0]), np.array([5, 2]), np.array([1.0, 4.0])), 2)
    4.0
    """
    last = found.distance[..., count - 1 : count]
    return float(last.max()) if last.size else np.inf


def join(parts: Iterable[Part[ClosestPairs]]) -> ClosestPairs:
    """All pairs of the parts, part by part, with the rows of the whole."""
    parts = list(parts)
    if not parts:
        return ClosestPairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return ClosestPairs(
        np.concatenate([part.found.query + part.first_query for part in parts]),
        np.concatenate([part.found.reference + part.first_reference for part in parts]),
        np.concatenate([part.found.distance for part in parts]),
    )


def insert(
    query: IndexArray,
    reference: IndexArray,
    distance: FloatArray,
    best_reference: IndexArray,
    best_distance: FloatArray,
) -> None:
    """Insert pairs into the lists of their queries, which stay sorted by (distance, reference) and keep their length.

    Args:
        query: (p,) rows of the lists.
        reference: (p,) the references to insert.
        distance: (p,) their distances.
        best_reference: (n, k) the lists; -1 marks a free entry.
        best_distance: (n, k) their distances; infinity marks a free entry.
    """
    rows, of_pair = np.unique(query, return_inverse=True)
    k = best_reference.shape[1]
    row = np.concatenate([np.repeat(np.arange(len(rows)), k), of_pair])
    reference = np.concatenate([best_reference[rows].ravel(), reference])
    distance = np.concatenate([best_distance[rows].ravel(), distance])
    order = np.lexsort((reference, distance, row))
    order = order[_first_of_equals(row[order], reference[order])]
    row = row[order]
    place = np.arange(len(row)) - np.searchsorted(row, np.arange(len(rows)))[row]
    kept = place < k
    best_reference[rows], best_distance[rows] = -1, np.inf
    best_reference[rows[row[kept]], place[kept]] = reference[order][kept]
    best_distance[rows[row[kept]], place[kept]] = distance[order][kept]


def _first_of_equals(one: IndexArray, other: IndexArray) -> BoolArray:
    """Which pairs of numbers differ from the previous pair."""
    first = np.ones(len(one), bool)
    first[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    return first
