"""The pairs that are worth a closer look: those whose vectors are closest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.records import PAIRS_PER_QUERY, ClosestPairs, Matches
from copytrace.search import closest_pairs, nearest
from copytrace.vectors import query_vectors, reference_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.pipelines.sides import Sides
    from copytrace.progress import Progress
    from copytrace.records import Neighbours


def find_candidates(
    sides: Sides,
    *,
    max_results: int | None,
    per_query: int | None,
    threads: int | None,
    memory: int | None,
    progress: Progress,
) -> ClosestPairs:
    """Find the closest pairs of a query and a reference.

    Args:
        sides: queries and references.
        max_results: the closest pairs over all queries; by default 10 x queries, or all with `per_query`.
        per_query: of each query, only its so many nearest references.
        threads: threads that search.
        memory: bytes that the search may use.
        progress: hears how far the search is.

    Returns:
        Pairs of rows of both sides, by rising (distance, query, reference).
    """
    query, reference = query_vectors(sides.query.descriptors), reference_vectors(sides.reference.descriptors)
    if per_query is not None:
        neighbours = nearest(query, reference, per_query, threads=threads, memory=memory, progress=progress)
        return best_of_nearest(neighbours, max_results)
    count = max_results or PAIRS_PER_QUERY * query.shape[0]
    return closest_pairs(query, reference, count, threads=threads, memory=memory, progress=progress)


def best_of_nearest(neighbours: Neighbours, count: int | None) -> ClosestPairs:
    """Each query's nearest references as one list of pairs; the best `count` of them, or all."""
    queries, k = neighbours.distance.shape
    query = np.repeat(np.arange(queries), k)
    reference, distance = neighbours.reference.ravel(), neighbours.distance.ravel()
    order = np.lexsort((reference, query, distance))[:count]
    return ClosestPairs(query[order], reference[order], distance[order])


def named(pairs: ClosestPairs, query_ids: Sequence[str], reference_ids: Sequence[str]) -> Matches:
    """Pairs of rows as pairs of IDs, by falling score; a score is minus the squared distance."""
    return Matches(
        [query_ids[row] for row in pairs.query.tolist()],
        [reference_ids[row] for row in pairs.reference.tolist()],
        # Not -distance: a distance of 0 is a score of 0, not of -0.
        0.0 - pairs.distance,
    )
