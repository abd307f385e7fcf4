"""Finds the pairs to examine more closely: identical files, and those with the closest vectors."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.pipelines.identical import identical_pairs
from copytrace.pipelines.machines import check_machines
from copytrace.pipelines.query_views import ViewVectors, gathered
from copytrace.records import PAIRS_PER_QUERY, ClosestPairs, Matches
from copytrace.search import Part, closest_pairs, closest_pairs_over, nearest, nearest_over
from copytrace.search.merge import join
from copytrace.vectors import query_vectors, reference_vectors, tile_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from copytrace.engines import Engine
    from copytrace.pipelines.sides import Sides
    from copytrace.progress import Progress
    from copytrace.records import IndexArray, Neighbours
    from copytrace.vectors import Vectors

FOUND_AT_ONCE = 1 << 21
"""Pairs that views may find before duplicates are removed; together they take about 100 bytes each."""


def find_candidates(
    sides: Sides,
    *,
    max_results: int | None,
    per_query: int | None,
    views: Iterable[ViewVectors] | None = None,
    engine: Engine,
    threads: int | None,
    memory: int | None,
    progress: Progress,
) -> ClosestPairs:
    """Find the closest pairs of a query and a reference.

    Identical files come first, at distance 0. A pair found by several views of a query or tiles of a reference counts
    once, at its smallest distance.

    Args:
        sides: queries and references.
        max_results: the number of closest pairs over all queries; by default 10 x queries, or all with `per_query`.
        per_query: keep only this many nearest references of each query.
        views: vectors of further views of the queries. With them or with tiles of the references, but without
            `per_query`, each query has at most 10 pairs, or its share of `max_results` if that is more.
        engine: searches on other machines, if it has any.
        threads: search threads on this machine.
        memory: bytes that the search may use.
        progress: reports the progress of the search.

    Returns:
        Pairs of rows of both sides, in order of (distance, query, reference).
    """
    query, reference = query_vectors(sides.query.descriptors), reference_vectors(sides.reference.descriptors)
    queries = query.shape[0]
    count = max_results or (None if per_query else PAIRS_PER_QUERY * queries)
    tiles = tile_vectors(sides.reference.descriptors)
    limits: dict[str, Any] = {"memory": memory, "progress": progress}
    find_pairs: Callable[[Vectors, Vectors, int], ClosestPairs]
    find_nearest: Callable[[Vectors, Vectors, int], Neighbours]
    if engine.remote:
        # Other machines do not have the vectors of images that were described for this search.
        ship = engine.ships or sides.reference.images is not None
        check_machines(engine, source=None if ship else sides.reference.descriptors.path)
        find_pairs = partial(closest_pairs_over, engine, ship=ship, **limits)
        find_nearest = partial(nearest_over, engine, ship=ship, **limits)
    else:
        find_pairs = partial(closest_pairs, threads=threads, **limits)
        find_nearest = partial(nearest, threads=threads, **limits)
    if per_query is None and views is None and tiles is None and count is not None:
        found = [find_pairs(query, reference, count)]
    else:
        k = per_query or max(PAIRS_PER_QUERY, -(-(count or 0) // queries))
        per_image = sides.reference.descriptors.tiles_per_image
        # The nearest tiles of a query may all be from one image.
        wanted = k * (1 if tiles is None else per_image)
        found = []
        # Few queries are searched for together with their views, so the references are read once.
        whole = ViewVectors(np.arange(queries), query)
        for some in gathered(chain([whole], views or ()), max(1, FOUND_AT_ONCE // wanted)):
            found.append(_pairs(some.query, find_nearest(some.vectors, reference, k)))
            if tiles is not None:
                found.append(_pairs(some.query, find_nearest(some.vectors, tiles, wanted), per_image))
            found = [best_pairs(found, k, None)]
    identical = identical_pairs(sides.query.descriptors, sides.reference.descriptors, per_query, count)
    return best_pairs([identical, *found], per_query, count)


def best_pairs(parts: Sequence[ClosestPairs], per_query: int | None, count: int | None) -> ClosestPairs:
    """Keep each pair once, at its smallest distance.

    Args:
        parts: pairs, in any order.
        per_query: keep only this many closest references of each query; None: all.
        count: of those, keep this many closest over all queries; None: all.

    Returns:
        Pairs in order of (distance, query, reference).
    """
    pairs = join(Part(each) for each in parts)
    order = np.lexsort((pairs.distance, pairs.reference, pairs.query))
    query, reference = pairs.query[order], pairs.reference[order]
    repeated = np.zeros(len(order), bool)
    repeated[1:] = (query[1:] == query[:-1]) & (reference[1:] == reference[:-1])
    order = order[~repeated]
    if per_query is not None:
        order = order[np.lexsort((pairs.reference[order], pairs.distance[order], pairs.query[order]))]
        order = order[rank_within(pairs.query[order]) < per_query]
    order = order[np.lexsort((pairs.reference[order], pairs.query[order], pairs.distance[order]))][:count]
    return ClosestPairs(pairs.query[order], pairs.reference[order], pairs.distance[order])


def rank_within(groups: IndexArray) -> IndexArray:
    """(k,) how many earlier elements are equal to each.

    >>> rank_within(np.array([7, 3, 7, 7, 3])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(groups, kind="stable")
    together = groups[order]
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - np.searchsorted(together, together)
    return ranks


def named(pairs: ClosestPairs, query_ids: Sequence[str], reference_ids: Sequence[str]) -> Matches:
    """Turn pairs of rows into pairs of IDs, by descending score; a score is minus the squared distance."""
    return Matches(
        [query_ids[row] for row in pairs.query.tolist()],
        [reference_ids[row] for row in pairs.reference.tolist()],
        # Not -distance: a distance of 0 is a score of 0, not of -0.
        0.0 - pairs.distance,
    )


def _pairs(query: IndexArray, neighbours: Neighbours, per_image: int = 1) -> ClosestPairs:
    """The nearest references of query rows as pairs; each reference has `per_image` rows."""
    repeated = np.repeat(query, neighbours.reference.shape[1])
    return ClosestPairs(repeated, neighbours.reference.ravel() // per_image, neighbours.distance.ravel())
