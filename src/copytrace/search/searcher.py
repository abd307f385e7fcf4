"""The searchers, and how to choose one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from copytrace.extras import how_to_install
from copytrace.progress import SILENT
from copytrace.search.arrays import check_vectors
from copytrace.search.float32 import FLOAT32
from copytrace.search.plain import PLAIN
from copytrace.search.sieve import SIEVE

if TYPE_CHECKING:
    from copytrace.progress import Progress
    from copytrace.records import ClosestPairs, Neighbours
    from copytrace.vectors import Vectors

SMALL = 1 << 24
"""Up to this many multiplications, comparing all pairs plainly takes about a tenth of a second."""
LARGE = 1 << 36
"""From this many multiplications, the sieve saves more time than its compiled code takes to load."""
FEW_QUERIES = 64
"""With fewer queries, preparing a reference for the sieve costs more than it saves."""


class Searcher(Protocol):
    """Finds the closest vectors; all searchers return the same results, to the last bit."""

    @property
    def name(self) -> str:
        """A short name for messages and tests."""

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


SEARCHERS: tuple[Searcher, ...] = (PLAIN, FLOAT32, SIEVE)
"""Every searcher, from the simplest to the one for the largest sets."""


def closest_pairs(
    query: Vectors,
    reference: Vectors,
    count: int,
    *,
    within: float = np.inf,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> ClosestPairs:
    """Find the `count` pairs of a query and a reference with the smallest distances.

    The result is exact: the same pairs and distances to the last bit, whatever the searcher, threads and memory.
    References are read in blocks, so they may exceed the memory.

    Args:
        query: (n, d) real numbers, d from 1 to 256.
        reference: (m, d) real numbers; a numpy array, a memory map, an h5py dataset.
        count: number of pairs; all n * m if it is larger.
        within: the largest squared distance of a pair; pairs further apart are excluded.
        threads: number of threads; None for one per core, or as many as fit in memory.
        memory: bytes that arrays may take; None for 1 GiB.
        progress: reports how many references are done.

    Returns:
        At most min(count, n * m) pairs in order of (distance, query, reference), which also decides between equal
        distances at the end of the list. Distances are squared Euclidean.

    Raises:
        SearchError: shapes, dimensions, types or values do not match, count < 1, `within` is not a number of at
            least 0, or the memory is too small.

    >>> found = closest_pairs(np.array([[0.0], [5.0]]), np.array([[1.0], [7.0], [5.0]]), 2)
    >>> found.query.tolist(), found.reference.tolist(), found.distance.tolist()
    ([1, 0], [2, 0], [0.0, 1.0])
    """
    searcher = choose(query, reference, progress)
    return searcher.pairs(
        query, reference, count, within=within, threads=threads, memory=memory, progress=progress
    )


def nearest(
    query: Vectors,
    reference: Vectors,
    k: int,
    *,
    within: float = np.inf,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> Neighbours:
    """Find the `k` nearest references of each query, exactly.

    Args:
        query: (n, d) real numbers, d from 1 to 256.
        reference: (m, d) real numbers; a numpy array, a memory map, an h5py dataset.
        k: number of references per query; all m if it is larger.
        within: the largest squared distance of a neighbour; references further away are excluded.
        threads: number of threads; None for one per core, or as many as fit in memory.
        memory: bytes that arrays may take; None for 1 GiB.
        progress: reports how many references are done.

    Returns:
        min(k, m) references per query in order of (distance, reference). If fewer are within the limit, the rest of
        the row is filled with reference -1 at distance infinity. Distances are squared Euclidean.

    Raises:
        SearchError: shapes, dimensions, types or values do not match, k < 1, `within` is not a number of at least 0,
            or the memory is too small.

    >>> nearest(np.array([[0.0], [5.0]]), np.array([[1.0], [7.0], [5.0]]), 2).reference.tolist()
    [[0, 2], [2, 1]]
    """
    searcher = choose(query, reference, progress)
    return searcher.nearest(
        query, reference, k, within=within, threads=threads, memory=memory, progress=progress
    )


def choose(query: Vectors, reference: Vectors, progress: Progress = SILENT) -> Searcher:
    """Choose the fastest searcher for arrays of these shapes.

    Raises:
        SearchError: an array cannot be searched.
    """
    check_vectors(query, reference)
    multiplications = query.shape[0] * reference.shape[0] * query.shape[1]
    if multiplications <= SMALL:
        return PLAIN
    if query.shape[0] < FEW_QUERIES or multiplications < LARGE:
        return FLOAT32
    if not SIEVE.available():
        progress.note(
            f"Large searches run several times faster with numba. Install it {how_to_install('fast')}"
        )
        return FLOAT32
    return SIEVE
