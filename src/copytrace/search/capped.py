"""The closest pairs of two large sets of vectors, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.progress import SILENT
from copytrace.records import ClosestPairs
from copytrace.search import exact
from copytrace.search._collector import Limits
from copytrace.search.arrays import check_vectors, check_wanted, common_type, is_small, sample_rows

if TYPE_CHECKING:
    from copytrace.progress import Progress
    from copytrace.records import FloatArray, IndexArray
    from copytrace.search.arrays import Vectors

SAMPLED_QUERIES, SAMPLED_REFERENCES = 1024, 16384
"""Rows in the sample from which the largest distance that matters is estimated."""
FEWEST_SAMPLED = 100
"""With fewer pairs of the sample within it, an estimate is too uncertain."""
SPARE = 1 << 16
"""Pairs beyond twice the wanted number that are kept before they are thinned out."""


def closest_pairs(
    query: Vectors,
    reference: Vectors,
    count: int,
    *,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> ClosestPairs:
    """Find the `count` pairs of a query and a reference with the smallest distances.

    Every pair is compared, most of them by a bound that tells that they are too far apart: the result is that
    of `exact.closest_pairs`, the same pairs and the same distances to the last bit, whatever the threads and
    the memory. The references are read in blocks, so they may be larger than the memory.

    Args:
        query: (n, d) real numbers, d from 1 to 256.
        reference: (m, d) real numbers; a numpy array, a memory map, an h5py dataset.
        count: how many pairs; all n * m where it is more.
        threads: how many to use; None for as many as this process has cores.
        memory: bytes that may be used for arrays; None for 1 GiB.
        progress: is told of the references as they are done.

    Returns:
        min(count, n * m) pairs by rising (distance, query, reference), which also decides between equal
        distances at the end of the list. Distances are squared Euclidean.

    Raises:
        SearchError: shapes, dimensions, types or values do not fit, count < 1, or the memory is too small.

    >>> found = closest_pairs(np.array([[0.0], [5.0]]), np.array([[1.0], [7.0], [5.0]]), 2)
    >>> found.query.tolist(), found.reference.tolist(), found.distance.tolist()
    ([1, 0], [2, 0], [0.0, 1.0])
    """
    check_vectors(query, reference)
    check_wanted("count", count)
    if is_small(query, reference):
        return exact.closest_pairs(query, reference, count, progress=progress)
    # numba takes a while to load, and small searches do without it.
    from copytrace.search._engine import compare

    count = min(count, query.shape[0] * reference.shape[0])
    pairs = _Pairs(count, _estimate(query, reference, count, threads, memory))
    compare(query, reference, pairs, threads=threads, memory=memory, progress=progress)
    if not pairs.complete:
        progress.note("The sample misjudged how near the closest pairs are; comparing again without it.")
        pairs = _Pairs(count, np.inf)
        compare(query, reference, pairs, threads=threads, memory=memory, progress=progress)
    return pairs.result()


def _estimate(
    query: Vectors, reference: Vectors, count: int, threads: int | None, memory: int | None
) -> float:
    """A distance within which `count` pairs lie, most likely; infinity where a sample would not tell.

    With it the sieves can tell as much apart at first as at last. It is the distance of twice the wanted
    share of pairs in a sample of rows from all over both sides.
    """
    pairs = query.shape[0] * reference.shape[0]
    sampled = min(query.shape[0], SAMPLED_QUERIES) * min(reference.shape[0], SAMPLED_REFERENCES)
    wanted = int(2 * count * sampled / pairs)
    if sampled * 16 > pairs or not FEWEST_SAMPLED <= wanted <= sampled // 8:
        return np.inf
    dtype = common_type(query, reference)
    found = closest_pairs(
        sample_rows("query", query, SAMPLED_QUERIES, dtype),
        sample_rows("reference", reference, SAMPLED_REFERENCES, dtype),
        wanted,
        threads=threads,
        memory=memory,
    )
    return float(found.distance[-1])


class _Pairs:
    """Collects the closest pairs: keeps a few more than are wanted, and the limit that they set."""

    def __init__(self, count: int, limit: float) -> None:
        self._count = count
        self._kept: list[ClosestPairs] = []
        self._size = 0
        # The last pair that is wanted, as far as is known.
        self._last_distance = limit
        self._last_query = np.iinfo(np.int64).max
        self._last_reference = -1

    @property
    def memory(self) -> int:
        # Three numbers of 8 bytes a pair, twice while they are thinned out.
        return 2 * 24 * (2 * self._count + 2 * SPARE)

    def limits(self, first: int, stop: int) -> Limits:
        query = np.arange(first, stop)
        reference = np.full(stop - first, np.iinfo(np.int64).max)
        reference[query == self._last_query] = self._last_reference
        reference[query > self._last_query] = -1
        return Limits(np.full(stop - first, self._last_distance), reference)

    def add(self, query: IndexArray, reference: IndexArray, distance: FloatArray) -> None:
        self._kept.append(ClosestPairs(query, reference, distance))
        self._size += len(distance)
        if self._size >= 2 * self._count + SPARE:
            self._thin_out()

    @property
    def complete(self) -> bool:
        """Whether as many pairs were added as are wanted."""
        return self._size >= self._count

    def result(self) -> ClosestPairs:
        """The pairs that are wanted of all that were added."""
        return exact.first_pairs(_together(self._kept), self._count)

    def _thin_out(self) -> None:
        pairs = _together(self._kept)
        limit = np.partition(pairs.distance, self._count - 1)[self._count - 1]
        nearer = np.flatnonzero(pairs.distance < limit)
        equal = np.flatnonzero(pairs.distance == limit)
        in_order = np.lexsort((pairs.reference[equal], pairs.query[equal]))
        wanted = equal[in_order[: self._count - len(nearer)]]
        kept = np.concatenate([nearer, wanted])
        self._kept = [ClosestPairs(pairs.query[kept], pairs.reference[kept], pairs.distance[kept])]
        self._size = len(kept)
        self._last_distance = float(limit)
        self._last_query = int(pairs.query[wanted[-1]])
        self._last_reference = int(pairs.reference[wanted[-1]])


def _together(pairs: list[ClosestPairs]) -> ClosestPairs:
    return ClosestPairs(
        np.concatenate([some.query for some in pairs]),
        np.concatenate([some.reference for some in pairs]),
        np.concatenate([some.distance for some in pairs]),
    )
