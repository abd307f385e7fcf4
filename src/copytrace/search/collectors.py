"""Which pairs a search keeps, and the distance up to which pairs still count."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from copytrace.records import ClosestPairs, FloatArray, IndexArray, Neighbours
from copytrace.search.merge import Part, join, merge_pairs

LAST = int(np.iinfo(np.int64).max)
"""No query or reference has a higher number."""
SPARE = 1 << 10
"""Pairs kept, beyond twice the requested number, before they are thinned out."""
AT_ONCE = 1 << 16
"""Pairs that may be added at once."""

Insert = Callable[[IndexArray, IndexArray, FloatArray, IndexArray, FloatArray], None]
"""Inserts pairs into sorted lists; see `merge.insert`."""


class Limits(NamedTuple):
    """Which pairs of some queries still count: closer ones, or equally close ones up to this reference."""

    distance: FloatArray
    reference: IndexArray


class Collector(Protocol):
    """Collects pairs and says which still count; called by one thread at a time."""

    @property
    def memory(self) -> int:
        """The most bytes it may use."""

    def limits(self, first: int, stop: int) -> Limits:
        """The limits of the queries from `first` to `stop`, in arrays that the caller may change."""

    def add(self, query: IndexArray, reference: IndexArray, distance: FloatArray) -> None:
        """Add pairs that were within the limits at some point."""


class PairCollector:
    """Collects the closest pairs: keeps a few more than requested, and the limit they set."""

    def __init__(self, count: int, within: float) -> None:
        self._count = count
        self._kept: list[Part[ClosestPairs]] = []
        self._size = 0
        # The last pair that counts, as far as known.
        self._last_distance = within
        self._last_query = LAST
        self._last_reference = -1

    @property
    def memory(self) -> int:
        """Three 8-byte numbers per pair, doubled while they are thinned out."""
        return 2 * 24 * (2 * self._count + 2 * AT_ONCE)

    def limits(self, first: int, stop: int) -> Limits:
        """The limits of the queries from `first` to `stop`."""
        query = np.arange(first, stop)
        reference = np.full(stop - first, LAST)
        reference[query == self._last_query] = self._last_reference
        reference[query > self._last_query] = -1
        return Limits(np.full(stop - first, self._last_distance), reference)

    def add(self, query: IndexArray, reference: IndexArray, distance: FloatArray) -> None:
        """Add pairs that were within the limits at some point."""
        self._kept.append(Part(ClosestPairs(query, reference, distance)))
        self._size += len(distance)
        if self._size >= 2 * self._count + SPARE:
            self._thin_out()

    @property
    def complete(self) -> bool:
        """Whether at least the requested number of pairs was added."""
        return self._size >= self._count

    def result(self) -> ClosestPairs:
        """The closest of all pairs added."""
        return merge_pairs(self._kept, self._count)

    def _thin_out(self) -> None:
        pairs = join(self._kept)
        limit = np.partition(pairs.distance, self._count - 1)[self._count - 1]
        nearer = np.flatnonzero(pairs.distance < limit)
        equal = np.flatnonzero(pairs.distance == limit)
        in_order = np.lexsort((pairs.reference[equal], pairs.query[equal]))
        last = equal[in_order[: self._count - len(nearer)]]
        kept = np.concatenate([nearer, last])
        self._kept = [Part(ClosestPairs(pairs.query[kept], pairs.reference[kept], pairs.distance[kept]))]
        self._size = len(kept)
        self._last_distance = float(limit)
        self._last_query = int(pairs.query[last[-1]])
        self._last_reference = int(pairs.reference[last[-1]])


class NeighbourCollector:
    """Collects the nearest references: a sorted list per query, whose end is the limit.

    Args:
        queries: n.
        k: references to keep per query.
        within: the largest distance that counts, for all queries or (n,) for each.
        insert: inserts pairs into the lists.
    """

    def __init__(self, queries: int, k: int, within: float | FloatArray, insert: Insert) -> None:
        self._shape = queries, k
        self._within = np.broadcast_to(within, queries)
        self._insert = insert

    @property
    def memory(self) -> int:
        """An 8-byte reference and an 8-byte distance per entry."""
        return 16 * self._shape[0] * self._shape[1]

    @cached_property
    def best(self) -> Neighbours:
        """The nearest of all references added."""
        return Neighbours(np.full(self._shape, -1, np.int64), np.full(self._shape, np.inf))

    def limits(self, first: int, stop: int) -> Limits:
        """The limits of the queries from `first` to `stop`."""
        distance = self.best.distance[first:stop, -1]
        # Anything within the limit can enter a list that is not full.
        within = self._within[first:stop]
        free = distance > within
        return Limits(
            np.where(free, within, distance),
            np.where(free, LAST, self.best.reference[first:stop, -1]),
        )

    def add(self, query: IndexArray, reference: IndexArray, distance: FloatArray) -> None:
        """Add pairs that were within the limits at some point."""
        self._insert(query, reference, distance, self.best.reference, self.best.distance)
