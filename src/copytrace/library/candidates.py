"""Finds the items nearest to pictures, or to views of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.pipelines.candidates import best_pairs
from copytrace.pipelines.query_views import ViewVectors, gathered
from copytrace.records import ClosestPairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from copytrace.library.catalogue import Catalogue
    from copytrace.library.pictures import Query
    from copytrace.library.records import Item
    from copytrace.library.shelf import Found, Shelf

_VIEWS_AT_ONCE = 1024


def find_candidates(
    queries: Sequence[Query], views: Iterable[ViewVectors], shelf: Shelf, catalogue: Catalogue, k: int
) -> tuple[ClosestPairs, list[Item]]:
    """The items that are nearest to queries or to a view of them, within `Catalogue.reading`.

    Args:
        queries: the pictures to look up.
        views: the vectors of their views.
        shelf: the library's vectors.
        catalogue: the library's catalogue.
        k: number of items per query.

    Returns:
        Pairs of a query and an item, by ascending distance, and the items. Identical files have distance 0.
    """
    places: dict[tuple[int, int], int] = {}
    items: list[Item] = []

    def number_of(found: Found) -> int:
        place = found.segment, found.row
        if place not in places:
            places[place] = len(items)
            items.append(catalogue.item_at(*place))
        return places[place]

    best: list[ClosestPairs] = []
    for some in gathered((_whole(queries), *views), _VIEWS_AT_ONCE):
        rows: list[tuple[int, int, float]] = []
        for query, addend, near in _nearest(some, shelf, catalogue.settings.dims, k):
            for found in near:
                number = number_of(found)
                # For identical files, it does not matter how common the picture looks.
                identical = queries[query].sha256 == items[number].content_sha256
                rows.append((query, number, 0.0 if identical else found.distance + addend))
        table = np.array(rows, np.float64).reshape(-1, 3)
        pairs = ClosestPairs(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])
        best = [best_pairs([*best, pairs], k, None)]
    return best[0], items


def _nearest(
    views: ViewVectors, shelf: Shelf, dims: int, k: int
) -> Iterator[tuple[int, float, Sequence[Found]]]:
    """For each view: its query, the addend of its bias to each distance, and the nearest rows."""
    # A query's vector is extended by the root of its bias, see `vectors.roles`.
    vectors = views.vectors[: len(views)]
    addends = np.square(vectors[:, dims:].astype(np.float64)).sum(axis=1)
    near = shelf.nearest(np.ascontiguousarray(vectors[:, :dims]), k)
    yield from zip(views.query.tolist(), addends.tolist(), near, strict=True)


def _whole(queries: Sequence[Query]) -> ViewVectors:
    """The vectors of the whole pictures in the form of views."""
    vectors = np.stack([query.vector for query in queries])
    biases = [query.bias for query in queries if query.bias is not None]
    if biases:
        vectors = np.column_stack((vectors, np.sqrt(np.array(biases, np.float32))))
    return ViewVectors(np.arange(len(queries)), vectors)
