"""Repeated searches in the same references: prepared once, so that a few queries are answered in milliseconds.

The nearest rows of a sample limit the distance of the nearest of all. The sieve's codes, if this machine supports
them, rule out nearly all other references; the remaining distances are computed as in every search.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

from copytrace.engines import available_cores
from copytrace.records import Neighbours
from copytrace.search.arrays import check_search, read_rows
from copytrace.search.blockwise import Wanted
from copytrace.search.collectors import NeighbourCollector
from copytrace.search.float32 import FLOAT32, TILE
from copytrace.search.layout import CHUNK, LARGEST_BLOCK, SPACING
from copytrace.search.sieve import SIEVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from copytrace.records import BoolArray, Float32Array, FloatArray
    from copytrace.search.sieve._kept import KeptCodes

PIECE = 32_768
"""References with codes that a thread compares at a time; a multiple of any number of panels."""


@dataclass(frozen=True)
class KeptBlock:
    """References for repeated searches.

    Attributes:
        rows: (b, d) float32, finite; may be memory-mapped.
        sample: some of the rows, in memory.
        codes: the sieve's codes; None if the sieve is not available.
    """

    rows: Float32Array
    sample: Float32Array
    codes: KeptCodes | None


def keep_block(rows: Float32Array, stem: Path | None = None, *, codes: bool = True) -> KeptBlock:
    """Prepare references (b, d) for repeated searches.

    Args:
        rows: their vectors, finite.
        stem: a path without extension that identifies exactly these rows; their codes are cached in a file next to it.
        codes: use codes if this machine supports them; without them, a single search starts faster.
    """
    kept = SIEVE.open_codes(rows, stem) if codes else None
    return KeptBlock(rows, rows[::SPACING] if kept is None else kept.sample, kept)


class KeptSearch:
    """Searches blocks of references as one matrix (m, d).

    Args:
        blocks: at least one, all with the same dimensions; their rows are numbered consecutively.
        live: (m,) which references count; None if all do.
    """

    def __init__(self, blocks: Sequence[KeptBlock], live: BoolArray | None = None) -> None:
        self._blocks = blocks
        self._starts = [0, *accumulate(len(block.rows) for block in blocks)]
        self._live = live
        self._sample = np.concatenate([block.sample for block in blocks])
        if live is not None:
            sampled = [live[start:stop:SPACING] for start, stop in pairwise(self._starts)]
            self._sample = self._sample[np.concatenate(sampled)]
        self._half_square = np.einsum("nd,nd->n", self._sample, self._sample) / 2
        padded = np.pad(self._sample, ((0, -len(self._sample) % TILE), (0, 0)))
        self._tiles = padded.reshape(-1, TILE, padded.shape[1])
        self._insert = FLOAT32.insert if any(block.codes is None for block in blocks) else SIEVE.insert

    def nearest(
        self, query: Float32Array, k: int, *, within: float = np.inf, threads: int | None = None
    ) -> Neighbours:
        """Find the `k` nearest references of each query (n, d) float32; see `copytrace.search.nearest`.

        Raises:
            SearchError: shapes, dimensions or values do not fit, k < 1, or `within` is negative or not a number.
        """
        check_search(query, self._blocks[0].rows, "k", k, within)
        query = read_rows("query", query, 0, len(query), np.float32)
        k = min(k, self._starts[-1])
        best = Neighbours(np.empty((len(query), k), np.int64), np.empty((len(query), k)))
        with ThreadPoolExecutor(threads or available_cores()) as pool:
            for first in range(0, len(query), CHUNK):
                slab = slice(first, first + CHUNK)
                limit = self._limit(query[slab], k, within)
                collector = NeighbourCollector(len(limit), k, limit, self._insert)
                wanted = Wanted(collector, self._live)
                for done in [pool.submit(task) for task in self._tasks(query[slab], wanted)]:
                    done.result()
                best.reference[slab], best.distance[slab] = collector.best.reference, collector.best.distance
        return best

    def _limit(self, query: Float32Array, k: int, within: float) -> FloatArray:
        """An upper bound (n,) on the distance of each query's k-th nearest reference, at most `within`."""
        limit = np.full(len(query), within)
        if len(self._sample) < k:
            return limit
        # However roughly these are chosen, the exact distance of the furthest is a limit.
        with np.errstate(over="ignore", invalid="ignore"):
            product = np.matmul(self._tiles, query.T).reshape(-1, len(query))[: len(self._sample)]
            rough = self._half_square[:, None] - product
        for row, chosen in enumerate(np.argpartition(rough, k - 1, axis=0)[:k].T):
            square = np.square(self._sample[chosen].astype(np.float64) - query[row])
            limit[row] = min(limit[row], np.add.accumulate(square, axis=1)[:, -1].max())
        return limit

    def _tasks(self, query: Float32Array, wanted: Wanted) -> Iterator[Callable[[], None]]:
        """Tasks that together compare the queries with all references."""
        for start, block in zip(self._starts, self._blocks, strict=False):
            if block.codes is None:
                plain = FLOAT32.prepare(block.rows, 0, query, wanted)
                for first in range(0, len(block.rows), LARGEST_BLOCK):
                    yield partial(plain.compare, start + first, block.rows[first : first + LARGEST_BLOCK])
            else:
                sifted = block.codes.prepare(query, 0, wanted)
                for first in range(0, len(block.rows), PIECE):
                    piece = block.codes.block(start + first, block.rows[first : first + PIECE], first)
                    yield partial(sifted.compare_block, piece)
