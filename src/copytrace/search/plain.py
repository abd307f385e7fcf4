"""The plain search, which every faster one must match: it computes each distance, in blocks.

It is written to be read and trusted. Distances are squared Euclidean, in float64, summed over the dimensions from
first to last, so each distance depends only on its two vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.progress import SILENT
from copytrace.records import ClosestPairs, Neighbours
from copytrace.search.arrays import check_search, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.progress import Progress
    from copytrace.records import FloatArray
    from copytrace.vectors import Vectors

# A block of distances and its temporary array stay in a core's cache.
QUERY_ROWS = 64
REFERENCE_ROWS = 1024


class Plain:
    """Computes every distance."""

    name = "plain"

    def pairs(
        self,
        query: Vectors,
        reference: Vectors,
        count: int,
        *,
        within: float = np.inf,
        threads: int | None = None,  # noqa: ARG002 - the protocol; one thread does
        memory: int | None = None,  # noqa: ARG002 - the protocol; a block takes little
        progress: Progress = SILENT,
    ) -> ClosestPairs:
        """Find the closest pairs; see `closest_pairs`.

        >>> found = PLAIN.pairs(np.array([[0.0], [5.0]]), np.array([[1.0], [7.0], [5.0]]), 2)
        >>> found.query.tolist(), found.reference.tolist(), found.distance.tolist()
        ([1, 0], [2, 0], [0.0, 1.0])
        """
        check_search(query, reference, "count", count, within)
        best = ClosestPairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        for first_query, first_reference, distance in _blocks(query, reference, progress):
            limit = best.distance[-1] if len(best) == count else within
            near_query, near_reference = np.nonzero(distance <= limit)
            if near_query.size:
                pairs = ClosestPairs(
                    np.concatenate([best.query, near_query + first_query]),
                    np.concatenate([best.reference, near_reference + first_reference]),
                    np.concatenate([best.distance, distance[near_query, near_reference]]),
                )
                best = first_pairs(pairs, count)
        return best

    def nearest(
        self,
        query: Vectors,
        reference: Vectors,
        k: int,
        *,
        within: float = np.inf,
        threads: int | None = None,  # noqa: ARG002 - the protocol; one thread does
        memory: int | None = None,  # noqa: ARG002 - the protocol; a block takes little
        progress: Progress = SILENT,
    ) -> Neighbours:
        """Find the nearest references of each query; see the function `nearest`.

        >>> PLAIN.nearest(np.array([[0.0], [5.0]]), np.array([[1.0], [7.0], [5.0]]), 2).reference.tolist()
        [[0, 2], [2, 1]]
        """
        check_search(query, reference, "k", k, within)
        shape = query.shape[0], min(k, reference.shape[0])
        best = Neighbours(np.full(shape, -1, np.int64), np.full(shape, np.inf))
        for first_query, first_reference, distance in _blocks(query, reference, progress):
            rows = slice(first_query, first_query + len(distance))
            names = np.broadcast_to(first_reference + np.arange(distance.shape[1]), distance.shape)
            all_references = np.concatenate([best.reference[rows], names], axis=1)
            all_distances = np.concatenate([best.distance[rows], distance], axis=1)
            # References come in ascending order, so a stable sort puts the smaller of two equal ones first.
            first = np.argsort(all_distances, axis=1, kind="stable")[:, : shape[1]]
            best.reference[rows] = np.take_along_axis(all_references, first, axis=1)
            best.distance[rows] = np.take_along_axis(all_distances, first, axis=1)
        too_far = best.distance > within
        best.reference[too_far], best.distance[too_far] = -1, np.inf
        return best


PLAIN = Plain()


def block_distances(query: FloatArray, reference: FloatArray) -> FloatArray:
    """Squared Euclidean distances of (a, d) queries to (b, d) references, as (a, b).

    Dimensions are added one after the other, so that each sum has the same order in any block.
    """
    total = np.zeros((len(query), len(reference)))
    difference = np.empty_like(total)
    for of_query, of_reference in zip(query.T, reference.T, strict=True):
        np.subtract.outer(of_query, of_reference, out=difference)
        np.multiply(difference, difference, out=difference)
        total += difference
    return total


def first_pairs(pairs: ClosestPairs, count: int) -> ClosestPairs:
    """The first `count` pairs in order of (distance, query, reference)."""
    order = np.lexsort((pairs.reference, pairs.query, pairs.distance))[:count]
    return ClosestPairs(pairs.query[order], pairs.reference[order], pairs.distance[order])


def _blocks(query: Vectors, reference: Vectors, progress: Progress) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield (first query, first reference, distances) for blocks that cover all pairs."""
    queries, references = query.shape[0], reference.shape[0]
    query_rows = read_rows("query", query, 0, queries)
    with progress.task("compare", total=references, unit="references") as bar:
        for first_reference in range(0, references, REFERENCE_ROWS):
            last_reference = min(first_reference + REFERENCE_ROWS, references)
            reference_rows = read_rows("reference", reference, first_reference, last_reference)
            for first_query in range(0, queries, QUERY_ROWS):
                block = block_distances(query_rows[first_query : first_query + QUERY_ROWS], reference_rows)
                yield first_query, first_reference, block
            bar.advance(last_reference - first_reference)
