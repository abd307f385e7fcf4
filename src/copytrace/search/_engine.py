"""Compares every query with every reference, and hands the pairs that may matter to whoever collects them.

The references are read in blocks. Each block is compared by one of the threads, with a chunk of queries at a
time, so that what it touches stays in its core's cache. The pairs of a chunk and a block go through the
quickest of three ways that tells enough of them apart: products of bytes, products of float32, or all their
distances. Whichever is taken, the same pairs come out, with the same distances to the last bit.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.search import _bytes, _doubles, _products, _singles
from copytrace.search._collector import Limits
from copytrace.search._layout import CHUNK, find_centre, lay_out, read_blocks
from copytrace.search.arrays import read_rows

if TYPE_CHECKING:
    from concurrent.futures import Future

    import numpy.typing as npt

    from copytrace.progress import Bar, Progress
    from copytrace.records import FloatArray
    from copytrace.search._collector import Collector
    from copytrace.search._layout import Layout
    from copytrace.search.arrays import Vectors

DEFAULT_MEMORY = 2**30
"""Bytes that a search may use for its arrays unless it is told otherwise."""
PANEL = _doubles.PANEL
FOUND = 4 * CHUNK * PANEL
"""Pairs that a kernel may find before it hands them over: room for four panels in which every pair counts."""
FEW_QUERIES = 64
"""With fewer queries, preparing a reference for a sieve costs more than the sieve saves."""
TOO_MANY = 1 / 8
"""A sieve that lets a larger share of the pairs through costs more than it saves."""


def compare(
    query: Vectors,
    reference: Vectors,
    collector: Collector,
    *,
    threads: int | None,
    memory: int | None,
    progress: Progress,
) -> None:
    """Give the collector all pairs of a query and a reference that it wants.

    Args:
        query: (n, d) real numbers.
        reference: (m, d) real numbers.
        collector: says what it wants, and takes it.
        threads: how many to use; None for as many as this process has cores.
        memory: bytes that may be used for arrays, the collector's included; None for 1 GiB.
        progress: is told of the references as they are done.

    Raises:
        SearchError: a value is not finite, or the memory does not suffice.
    """
    layout = lay_out(query, reference, collector.memory, threads or _cores(), memory or DEFAULT_MEMORY)
    queries, references = query.shape[0], reference.shape[0]
    slabs = range(0, queries, layout.slab)
    comparison = _Comparison(collector, find_centre(reference), few=queries < FEW_QUERIES)
    with progress.task("Comparing", total=references * len(slabs), unit="references") as bar:
        for first in slabs:
            rows = read_rows("query", query, first, min(first + layout.slab, queries), layout.dtype)
            comparison.sweep(first, rows, reference, layout, bar)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Chunk:
    """Some queries, in the forms in which they are compared."""

    def __init__(self, first: int, rows: npt.NDArray[Any], centre: FloatArray) -> None:
        self.first = first
        self.rows = rows
        self._centre = centre

    def encode(self, product: _products.Product) -> None:
        """Make the queries' codes."""
        self.codes = _bytes.prepare_queries(self.rows, self._centre, product)

    @cached_property
    def singles(self) -> _singles.Singles:
        return _singles.scale(self.rows, self._centre, _singles.GROUP)


class _Block:
    """Some references, in the forms in which they are compared; by length, for the codes' sake."""

    def __init__(self, first: int, rows: npt.NDArray[Any], centre: FloatArray) -> None:
        self.first = first
        self.rows = rows
        self.names = first + np.arange(len(rows))
        self._centre = centre

    def encode(self, product: _products.Product) -> None:
        """Sort the references by length and make their codes."""
        order, self.rows, self.codes = _bytes.prepare_references(self.rows, self._centre, product)
        self.names = self.names[order]

    @cached_property
    def singles(self) -> _singles.Singles:
        return _singles.scale(self.rows, self._centre, _singles.PANEL)


class _Room:
    """Where the kernels of one thread put what they find."""

    def __init__(self) -> None:
        self.candidates = np.empty((FOUND, 2), np.int32)
        self.pairs = np.empty((FOUND, 2), np.int64)
        self.distance = np.empty(FOUND)


Sieve = Callable[[_Chunk, _Block, Limits, int, _Room], tuple[int, int]]
"""Puts the pairs that may be within their limits, from a panel on, among the candidates of a room.

Gives how many, and the panel to go on with.
"""


class _Sieves:
    """Which sieve to try: the quickest that has not just failed; one that fails rests, longer each time.

    How many pairs pass depends on the data and on how far the limits have come down, so that a sieve that is
    of no use at first may be later.
    """

    LONGEST_REST = 8

    def __init__(self, *sieves: Sieve) -> None:
        self._rest = dict.fromkeys(sieves, 0)
        self._next_rest = dict.fromkeys(sieves, 1)

    def choose(self) -> Sieve | None:
        """Give a sieve, or None if all rest."""
        for sieve, rest in self._rest.items():
            if rest == 0:
                return sieve
            self._rest[sieve] = rest - 1
        return None

    def judge(self, sieve: Sieve, share: float) -> bool:
        """Whether a sieve that lets this share of the pairs through is worth it."""
        if share <= TOO_MANY:
            self._next_rest[sieve] = 1
            return True
        self._rest[sieve] = self._next_rest[sieve]
        self._next_rest[sieve] = min(2 * self._next_rest[sieve], self.LONGEST_REST)
        return False


class _Comparison:
    """What the threads share."""

    def __init__(self, collector: Collector, centre: FloatArray, *, few: bool) -> None:
        self._collector = collector
        self._centre = centre
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._product = None if few else _products.quickest()
        self._sieves = _Sieves(*[_sift_bytes] * (self._product is not None), *[_sift_singles] * (not few))

    def sweep(self, first: int, rows: npt.NDArray[Any], reference: Vectors, layout: Layout, bar: Bar) -> None:
        """Compare the queries from `first` on, whose rows are given, with all references."""
        chunks = [
            _Chunk(first + start, rows[start : start + CHUNK], self._centre)
            for start in range(0, len(rows), CHUNK)
        ]
        if self._product is not None:
            for chunk in chunks:
                chunk.encode(self._product)
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
                    working.append((pool.submit(self._compare_block, chunks, start, block), len(block)))
                while working:
                    finish_first()
            except BaseException:
                # Whatever happened, also an interrupt: the threads need not finish what nobody will see.
                self._stopped.set()
                raise

    def _compare_block(self, chunks: list[_Chunk], first: int, rows: npt.NDArray[Any]) -> None:
        block = _Block(first, rows, self._centre)
        if self._product is not None:
            block.encode(self._product)
        room = _Room()
        for chunk in chunks:
            panel = 0
            while panel * PANEL < len(rows) and not self._stopped.is_set():
                panel = self._compare_chunk(chunk, block, panel, room)

    def _compare_chunk(self, chunk: _Chunk, block: _Block, panel: int, room: _Room) -> int:
        """Compare from a panel of references on until the room is full; give the panel to go on with."""
        with self._lock:
            limits = self._collector.limits(chunk.first, chunk.first + len(chunk.rows))
        # No distance is below zero, and of equal ones the first references are wanted.
        limits.distance[(limits.distance == 0) & (limits.reference < block.first)] = -np.inf
        furthest = limits.distance.max()
        if furthest < 0:
            return len(block.rows)
        sieve = self._sieves.choose() if furthest < np.inf else None
        if sieve is None:
            found, next_panel = _exhaust(chunk, block, limits, panel, room)
        else:
            passed, next_panel = sieve(chunk, block, limits, panel, room)
            pairs = len(chunk.rows) * (min(next_panel * PANEL, len(block.rows)) - panel * PANEL)
            if not self._sieves.judge(sieve, passed / pairs):
                return panel
            found = _settle(chunk, block, limits, passed, room)
        if found:
            query, reference = room.pairs[:found].T
            with self._lock:
                self._collector.add(chunk.first + query, reference.copy(), room.distance[:found].copy())
        return next_panel


def _sift_bytes(chunk: _Chunk, block: _Block, limits: Limits, panel: int, room: _Room) -> tuple[int, int]:
    return _bytes.sift(chunk.codes, block.codes, limits.distance, panel, room.candidates)


def _sift_singles(chunk: _Chunk, block: _Block, limits: Limits, panel: int, room: _Room) -> tuple[int, int]:
    return _singles.sift(chunk.singles, block.singles, limits.distance, panel, room.candidates)


def _exhaust(chunk: _Chunk, block: _Block, limits: Limits, panel: int, room: _Room) -> tuple[int, int]:
    return _doubles.exhaust(chunk.rows, block.rows, block.names, *limits, panel, room.pairs, room.distance)


def _settle(chunk: _Chunk, block: _Block, limits: Limits, passed: int, room: _Room) -> int:
    return _doubles.settle(
        chunk.rows, block.rows, block.names, *limits, room.candidates, passed, room.pairs, room.distance
    )
