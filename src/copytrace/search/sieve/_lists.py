"""Keeps sorted lists of the nearest references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.search.sieve._compiled import compiled

if TYPE_CHECKING:
    from copytrace.records import FloatArray, IndexArray


@compiled
def insert(  # pragma: no cover - compiled
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
        best_reference: (n, k) the lists.
        best_distance: (n, k) their distances; infinity marks a free entry.
    """
    k = best_reference.shape[1]
    for pair in range(len(query)):
        references = best_reference[query[pair]]
        distances = best_distance[query[pair]]
        place = k
        while place > 0 and (
            distance[pair] < distances[place - 1]
            or (distance[pair] == distances[place - 1] and reference[pair] < references[place - 1])
        ):
            place -= 1
            if place + 1 < k:
                references[place + 1] = references[place]
                distances[place + 1] = distances[place]
        if place < k:
            references[place] = reference[pair]
            distances[place] = distance[pair]
