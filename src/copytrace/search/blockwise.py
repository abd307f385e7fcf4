"""The framework of a fast searcher: it reads references in blocks, and threads compare them with the queries.

Each searcher decides how to compare a block. Whichever pairs it rules out cheaply, it returns every pair within the
limits with the distance that the plain search computes.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from copytrace.progress import SILENT
from copytrace.search import merge
from copytrace.search.arrays import check_search, common_type, read_rows, sample_rows
from copytrace.search.collectors import NeighbourCollector, PairCollector
from copytrace.search.layout import lay_out, read_blocks

if TYPE_CHECKING:
    from concurrent.futures import Future

    import numpy.typing as npt

    from copytrace.progress import Bar, Progress
    from copytrace.records import BoolArray, ClosestPairs, FloatArray, IndexArray, Neighbours
    from copytrace.search.collectors import Collector, Limits
    from copytrace.search.layout import Layout
    from copytrace.vectors import Vectors

DEFAULT_MEMORY = 2**30
"""Default memory limit for a search's arrays, in bytes."""
SAMPLED_QUERIES, SAMPLED_REFERENCES = 1024, 16384
"""Rows in the sample used to estimate the largest relevant distance."""
FEWEST_SAMPLED = 100
"""With fewer sample pairs below it, an estimate is too uncertain."""


class Wanted:
    """The pairs that still count, for the comparing threads.

    Args:
        collector: collects the pairs.
        live: (m,) which references count; None if all do.
    """

    def __init__(self, collector: Collector, live: BoolArray | None = None) -> None:
        self._collector = collector
        self._live = live
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def limits(self, first: int, stop: int, first_reference: int) -> Limits | None:
        """The limits of the queries from `first` to `stop`, for references from `first_reference` on.

        None if no pair counts any more, or the search has been stopped.
        """
        if self._stopped.is_set():
            return None
        with self._lock:
            limits = self._collector.limits(first, stop)
        # No distance is below zero, and among equal distances the first references count.
        limits.distance[(limits.distance == 0) & (limits.reference < first_reference)] = -np.inf
        return limits if limits.distance.max() >= 0 else None

    def add(self, query: IndexArray, reference: IndexArray, distance: FloatArray) -> None:
        """Add pairs that were within the limits."""
        if self._live is not None:
            kept = self._live[reference]
            query, reference, distance = query[kept], reference[kept], distance[kept]
        if len(distance):
            with self._lock:
                self._collector.add(query, reference, distance)

    def stop(self) -> None:
        """Let the threads finish early, since their results are no longer needed."""
        self._stopped.set()


class Comparison(Protocol):
    """Some queries, ready for comparison with blocks of references by several threads at once."""

    def compare(self, first: int, rows: npt.NDArray[Any]) -> None:
        """Compare the queries with the given rows of references, which start at `first`."""


class Blockwise(ABC):
    """A searcher by blocks; subclasses define how to compare a block."""

    name: str

    @abstractmethod
    def prepare(self, reference: Vectors, first: int, rows: npt.NDArray[Any], wanted: Wanted) -> Comparison:
        """Prepare the given rows of queries, which start at `first`.

        Args:
            reference: (m, d), to sample from.
            first: the first query.
            rows: (a, d) float32 or float64.
            wanted: the pairs that count, which also collects them.
        """

    insert = staticmethod(merge.insert)

    def pairs(
        self,
        query: Vectors,
        reference: Vectors,
        count: int,
        *,
        within: float = np.inf,
        threads: int | None = None,
        memory: int | None = None,
        progress: Progress = SILENT,
    ) -> ClosestPairs:
        """Find the closest pairs; see `closest_pairs`."""
        check_search(query, reference, "count", count, within)
        count = min(count, query.shape[0] * reference.shape[0])
        collector = PairCollector(count, within)
        # Check the memory before spending time on the estimate.
        layout = lay_out(query, reference, collector.memory, threads, memory or DEFAULT_MEMORY)
        estimate = self.estimate(query, reference, count, threads, memory)
        if estimate < within:
            likely = PairCollector(count, estimate)
            self._sweep(query, reference, likely, layout, progress)
            if likely.complete:
                return likely.result()
            progress.note(
                "The sample misjudged the distance of the closest pairs; comparing again without it."
            )
        self._sweep(query, reference, collector, layout, progress)
        return collector.result()

    def nearest(
        self,
        query: Vectors,
        reference: Vectors,
        k: int,
        *,
        within: float = np.inf,
        threads: int | None = None,
        memory: int | None = None,
        progress: Progress = SILENT,
    ) -> Neighbours:
        """Find the nearest references of each query; see the function `nearest`."""
        check_search(query, reference, "k", k, within)
        k = min(k, reference.shape[0])
        collector = NeighbourCollector(query.shape[0], k, within, self.insert)
        layout = lay_out(query, reference, collector.memory, threads, memory or DEFAULT_MEMORY)
        self._sweep(query, reference, collector, layout, progress)
        return collector.best

    def estimate(
        self, query: Vectors, reference: Vectors, count: int, threads: int | None, memory: int | None
    ) -> float:
        """A distance that most likely includes `count` pairs; infinity if a sample cannot tell.

        It lets as many pairs be ruled out at the start as at the end. It is the distance within which the sample,
        drawn from all over both sides, has twice the requested share of pairs.
        """
        pairs = query.shape[0] * reference.shape[0]
        sampled = min(query.shape[0], SAMPLED_QUERIES) * min(reference.shape[0], SAMPLED_REFERENCES)
        expected = int(2 * count * sampled / pairs)
        if sampled * 16 > pairs or not FEWEST_SAMPLED <= expected <= sampled // 8:
            return np.inf
        dtype = common_type(query, reference)
        found = self.pairs(
            sample_rows("query", query, SAMPLED_QUERIES, dtype),
            sample_rows("reference", reference, SAMPLED_REFERENCES, dtype),
            expected,
            threads=threads,
            memory=memory,
        )
        return float(found.distance[-1])

    def _sweep(
        self,
        query: Vectors,
        reference: Vectors,
        collector: Collector,
        layout: Layout,
        progress: Progress,
    ) -> None:
        """Pass all pairs that count to the collector.

        Raises:
            SearchError: a value is not finite.
        """
        queries, references = query.shape[0], reference.shape[0]
        slabs = range(0, queries, layout.slab)
        wanted = Wanted(collector)
        with progress.task("compare", total=references * len(slabs), unit="references") as bar:
            for first in slabs:
                rows = read_rows("query", query, first, min(first + layout.slab, queries), layout.dtype)
                comparison = self.prepare(reference, first, rows, wanted)
                _compare_blocks(comparison, reference, layout, wanted, bar)


def _compare_blocks(
    comparison: Comparison, reference: Vectors, layout: Layout, wanted: Wanted, bar: Bar
) -> None:
    """Read the references block by block, and let threads compare them."""
    working: deque[tuple[Future[None], int]] = deque()

    def finish_first() -> None:
        future, done = working.popleft()
        future.result()
        bar.advance(done)

    with ThreadPoolExecutor(layout.threads) as pool:
        try:
            for start, block in read_blocks(reference, layout):
                if len(working) == 2 * layout.threads:
                    finish_first()
                working.append((pool.submit(comparison.compare, start, block), len(block)))
            while working:
                finish_first()
        except BaseException:
            # Whatever happened, including an interrupt, the threads need not finish.
            wanted.stop()
            raise
