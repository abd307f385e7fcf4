"""Searches shards of the references as tasks of an engine: exact, whatever the shards and their order of completion.

Each shard gets the limits known when it is sent out. A limit is either the last distance found by then, which no pair
of the result exceeds, or an estimate, which is checked at the end.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from copytrace.progress import SILENT
from copytrace.search import merge
from copytrace.search.arrays import check_search
from copytrace.search.collectors import NeighbourCollector, PairCollector
from copytrace.search.float32 import FLOAT32
from copytrace.search.searcher import closest_pairs, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.engines import Engine
    from copytrace.progress import Progress
    from copytrace.records import ClosestPairs, FloatArray, IndexArray, Neighbours
    from copytrace.search.collectors import Collector
    from copytrace.vectors import Vectors

    Triples = tuple[IndexArray, IndexArray, FloatArray]

LEAST_ROWS, MOST_ROWS = 1 << 14, 1 << 16
"""References per shard: enough to pay for preparing the queries, and at most 64 MB."""

_SHARDS_A_SLOT = 4


def closest_pairs_over(
    engine: Engine,
    query: Vectors,
    reference: Vectors,
    count: int,
    *,
    ship: bool = False,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> ClosestPairs:
    """Find the closest pairs as `closest_pairs` does, to the last bit, on an engine.

    Args:
        engine: searches the shards, each with one thread.
        query: (n, d); sent to every worker once.
        reference: (m, d); workers open its file themselves.
        count: number of pairs.
        ship: send the references with the tasks instead.
        memory: bytes that a task's arrays may take.
        progress: reports how many references are done.

    Raises:
        SearchError: as `closest_pairs`.
    """
    check_search(query, reference, "count", count, np.inf)
    count = min(count, query.shape[0] * reference.shape[0])
    estimate = FLOAT32.estimate(query, reference, count, None, memory)
    collector = PairCollector(count, estimate)
    sweep = _Sweep(engine, query, reference, count, ship=ship, nearest=False, memory=memory)
    sweep.run(collector, progress)
    if estimate < np.inf and not collector.complete:
        progress.note("The sample misjudged the distance of the closest pairs; comparing again without it.")
        collector = PairCollector(count, np.inf)
        sweep.run(collector, progress)
    return collector.result()


def nearest_over(
    engine: Engine,
    query: Vectors,
    reference: Vectors,
    k: int,
    *,
    ship: bool = False,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> Neighbours:
    """Find the nearest references as `nearest` does, to the last bit, on an engine; see `closest_pairs_over`."""
    check_search(query, reference, "k", k, np.inf)
    k = min(k, reference.shape[0])
    collector = NeighbourCollector(query.shape[0], k, np.inf, merge.insert)
    sweep = _Sweep(engine, query, reference, k, ship=ship, nearest=True, memory=memory)
    sweep.run(collector, progress)
    return collector.best


@dataclass(frozen=True, eq=False)
class _Shard:
    """Some of the references.

    Attributes:
        start: the first row.
        stop: the row after the last.
        within: the distance up to which pairs count; for nearest references, (n,) per query.
        source: rows that include them; None: the worker has its own. Pickling reads only the rows of the shard.
        first: the first row of the source.
    """

    start: int
    stop: int
    within: float | FloatArray
    source: Vectors | None
    first: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        source = None if self.source is None else self.source[self.start : self.stop]
        return _Shard, (self.start, self.stop, self.within, source, self.start)


@dataclass(frozen=True, eq=False)
class _ShardSearch:
    """The work of one task.

    Attributes:
        query: (n, d).
        reference: (m, d); None: shards carry their rows.
        count: number of pairs, or of references per query.
        nearest: whether to find nearest references instead of closest pairs.
        memory: bytes that arrays may take.
    """

    query: Vectors
    reference: Vectors | None
    count: int
    nearest: bool
    memory: int | None

    def __call__(self, shard: _Shard) -> Triples:
        """The pairs of a shard that may count, with rows counted within the shard."""
        source, first = (shard.source, shard.first) if self.reference is None else (self.reference, 0)
        rows = cast("Vectors", source)[shard.start - first : shard.stop - first]
        within = float(np.max(shard.within))
        if not self.nearest:
            found = closest_pairs(self.query, rows, self.count, within=within, threads=1, memory=self.memory)
            return found.query, found.reference, found.distance
        lists = nearest(self.query, rows, self.count, within=within, threads=1, memory=self.memory)
        # One distant query's limit must not make the others return pairs that can no longer enter their lists.
        row, column = np.nonzero(
            (lists.reference >= 0) & (lists.distance <= np.reshape(shard.within, (-1, 1)))
        )
        return row, lists.reference[row, column], lists.distance[row, column]


class _Sweep:
    """One search, shard by shard."""

    def __init__(
        self,
        engine: Engine,
        query: Vectors,
        reference: Vectors,
        count: int,
        *,
        ship: bool,
        nearest: bool,
        memory: int | None,
    ) -> None:
        self._engine = engine
        self._shipped = reference if ship else None
        self._queries, self._references = query.shape[0], reference.shape[0]
        self._work = _ShardSearch(
            query[0 : self._queries], None if ship else reference, count, nearest, memory
        )

    def run(self, collector: Collector, progress: Progress) -> None:
        """Pass the pairs of all shards to the collector."""
        with (
            progress.task("compare", total=self._references, unit="references") as bar,
            closing(self._engine.map_unordered(self._work, self._shards(collector))) as finished,
        ):
            for shard, (query, reference, distance) in finished:
                collector.add(query, shard.start + reference, distance)
                bar.advance(shard.stop - shard.start)

    def _shards(self, collector: Collector) -> Iterator[_Shard]:
        rows = self._references // (_SHARDS_A_SLOT * self._engine.slots)
        rows = min(max(rows, LEAST_ROWS), MOST_ROWS)
        for start in range(0, self._references, rows):
            limits = collector.limits(0, self._queries).distance
            within = limits if self._work.nearest else float(limits[0])
            yield _Shard(start, min(start + rows, self._references), within, self._shipped)
