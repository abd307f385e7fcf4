"""The nearest references of each query, exactly."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from copytrace.progress import SILENT
from copytrace.records import Neighbours
from copytrace.search import exact
from copytrace.search._collector import Limits
from copytrace.search.arrays import check_vectors, check_wanted, is_small

if TYPE_CHECKING:
    from copytrace.progress import Progress
    from copytrace.records import FloatArray, IndexArray
    from copytrace.search.arrays import Vectors


def nearest(
    query: Vectors,
    reference: Vectors,
    k: int,
    *,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> Neighbours:
    """Find the `k` nearest references of each query.

    The same sieves and the same guarantee as `closest_pairs`: the result is that of `exact.nearest`.

    Args:
        query: (n, d) real numbers, d from 1 to 256.
        reference: (m, d) real numbers; a numpy array, a memory map, an h5py dataset.
        k: how many references per query; all m where it is more.
        threads: how many to use; None for as many as this process has cores.
        memory: bytes that may be used for arrays; None for 1 GiB.
        progress: is told of the references as they are done.

    Returns:
        min(k, m) references per query by rising (distance, reference). Distances are squared Euclidean.

    Raises:
        SearchError: shapes, dimensions, types or values do not fit, k < 1, or the memory does not suffice.

    >>> nearest(np.array([[0.0], [5.0]]), np.array([[1.0], [7.0], [5.0]]), 2).reference.tolist()
    [[0, 2], [2, 1]]
    """
    check_vectors(query, reference)
    check_wanted("k", k)
    if is_small(query, reference):
        return exact.nearest(query, reference, k, progress=progress)
    # numba takes a while to load, and small searches do without it.
    from copytrace.search._engine import compare

    lists = _Lists(query.shape[0], min(k, reference.shape[0]))
    compare(query, reference, lists, threads=threads, memory=memory, progress=progress)
    return lists.best


class _Lists:
    """Collects the nearest references: a sorted list for each query, whose end is the limit."""

    def __init__(self, queries: int, k: int) -> None:
        self._shape = queries, k

    @property
    def memory(self) -> int:
        return 16 * self._shape[0] * self._shape[1]

    @cached_property
    def best(self) -> Neighbours:
        return Neighbours(np.full(self._shape, -1, np.int64), np.full(self._shape, np.inf))

    def limits(self, first: int, stop: int) -> Limits:
        return Limits(self.best.distance[first:stop, -1].copy(), self.best.reference[first:stop, -1].copy())

    def add(self, query: IndexArray, reference: IndexArray, distance: FloatArray) -> None:
        from copytrace.search._lists import insert

        insert(query, reference, distance, self.best.reference, self.best.distance)
