"""Compares queries with a block of references, by the fastest of three methods that discards enough pairs.

A thread compares a block with one chunk of queries at a time, so that its data stays in its core's cache. The methods
are byte products, float32 products, and computing all distances. Each finds the same pairs, with the same distances
to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.search.collectors import Limits
from copytrace.search.layout import CHUNK
from copytrace.search.sieve import _bytes, _doubles, _singles

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import FloatArray
    from copytrace.search.blockwise import Wanted
    from copytrace.search.sieve._products import Product

PANEL = _doubles.PANEL
FOUND = 4 * CHUNK * PANEL
"""Pairs that a kernel may find before it returns them: room for four panels in which every pair counts."""
TOO_MANY = 1 / 8
"""A sieve that passes a larger share of the pairs costs more than it saves."""


class _Chunk:
    """Some queries, in the forms needed to compare them."""

    def __init__(self, first: int, rows: npt.NDArray[Any], centre: FloatArray) -> None:
        self.first = first
        self.rows = rows
        self._centre = centre

    def encode(self, product: Product) -> None:
        """Encode the queries."""
        self.codes = _bytes.prepare_queries(self.rows, self._centre, product)

    @cached_property
    def singles(self) -> _singles.Singles:
        return _singles.scale(self.rows, self._centre, _singles.GROUP)


class Block:
    """Some references, in the forms needed to compare them."""

    codes: _bytes.ReferenceCodes

    def __init__(self, first: int, rows: npt.NDArray[Any], centre: FloatArray) -> None:
        self.first = first
        self.rows = rows
        self.names = first + np.arange(len(rows))
        self._centre = centre

    def encode(self, product: Product) -> None:
        """Sort the references by length and encode them."""
        order, self.rows, self.codes = _bytes.prepare_references(self.rows, self._centre, product)
        self.names = self.names[order]

    @cached_property
    def singles(self) -> _singles.Singles:
        return _singles.scale(self.rows, self._centre, _singles.PANEL)


class _Room:
    """Buffers for the results of one thread's kernels."""

    def __init__(self) -> None:
        self.candidates = np.empty((FOUND, 2), np.int32)
        self.pairs = np.empty((FOUND, 2), np.int64)
        self.distance = np.empty(FOUND)


Sieve = Callable[[_Chunk, Block, Limits, int, _Room], tuple[int, int]]
"""Writes the pairs that may be within their limits, from a panel on, to a room's candidates.

Returns the number of pairs, and the panel to continue with.
"""


class _Sieves:
    """Chooses a sieve: the fastest that has not just failed; one that fails rests, longer each time.

    The share of pairs that pass depends on the data and on how tight the limits already are, so a sieve that is
    useless at first may be useful later.
    """

    LONGEST_REST = 8

    def __init__(self, *sieves: Sieve) -> None:
        self._rest = dict.fromkeys(sieves, 0)
        self._next_rest = dict.fromkeys(sieves, 1)

    def choose(self) -> Sieve | None:
        """Return a sieve, or None if all rest."""
        for sieve, rest in self._rest.items():
            if rest == 0:
                return sieve
            self._rest[sieve] = rest - 1
        return None

    def judge(self, sieve: Sieve, share: float) -> bool:
        """Whether a sieve that passes this share of the pairs is worthwhile."""
        if share <= TOO_MANY:
            self._next_rest[sieve] = 1
            return True
        self._rest[sieve] = self._next_rest[sieve]
        self._next_rest[sieve] = min(2 * self._next_rest[sieve], self.LONGEST_REST)
        return False


class SiftedComparison:
    """Some queries, ready for comparison with blocks of references.

    Args:
        centre: (d,) the point that all vectors are taken relative to.
        product: the product of codes; None if this machine has none.
        first: the first query.
        rows: (a, d) the queries.
        wanted: the pairs that count, which also collects them.
    """

    def __init__(
        self, centre: FloatArray, product: Product | None, first: int, rows: npt.NDArray[Any], wanted: Wanted
    ) -> None:
        self._wanted = wanted
        self._centre = centre
        self._product = product
        self._sieves = _Sieves(*[_sift_bytes] * (self._product is not None), _sift_singles)
        self._chunks = [
            _Chunk(first + start, rows[start : start + CHUNK], self._centre)
            for start in range(0, len(rows), CHUNK)
        ]
        if self._product is not None:
            for chunk in self._chunks:
                chunk.encode(self._product)

    def compare(self, first: int, rows: npt.NDArray[Any]) -> None:
        """Compare the queries with the given rows of references, which start at `first`."""
        block = Block(first, rows, self._centre)
        if self._product is not None:
            block.encode(self._product)
        self.compare_block(block)

    def compare_block(self, block: Block) -> None:
        """Compare the queries with references that are already encoded for the fastest product."""
        room = _Room()
        for chunk in self._chunks:
            panel = 0
            while panel * PANEL < len(block.rows):
                panel = self._compare_chunk(chunk, block, panel, room)

    def _compare_chunk(self, chunk: _Chunk, block: Block, panel: int, room: _Room) -> int:
        """Compare from a panel of references on until the room is full; return the panel to continue with."""
        limits = self._wanted.limits(chunk.first, chunk.first + len(chunk.rows), block.first)
        if limits is None:
            return len(block.rows)
        sieve = self._sieves.choose() if limits.distance.max() < np.inf else None
        if sieve is None:
            found, next_panel = _exhaust(chunk, block, limits, panel, room)
        else:
            passed, next_panel = sieve(chunk, block, limits, panel, room)
            pairs = len(chunk.rows) * (min(next_panel * PANEL, len(block.rows)) - panel * PANEL)
            if not self._sieves.judge(sieve, passed / pairs):
                return panel
            found = _settle(chunk, block, limits, passed, room)
        query, reference = room.pairs[:found].T
        self._wanted.add(chunk.first + query, reference.copy(), room.distance[:found].copy())
        return next_panel


def _sift_bytes(chunk: _Chunk, block: Block, limits: Limits, panel: int, room: _Room) -> tuple[int, int]:
    return _bytes.sift(chunk.codes, block.codes, limits.distance, panel, room.candidates)


def _sift_singles(chunk: _Chunk, block: Block, limits: Limits, panel: int, room: _Room) -> tuple[int, int]:
    return _singles.sift(chunk.singles, block.singles, limits.distance, panel, room.candidates)


def _exhaust(chunk: _Chunk, block: Block, limits: Limits, panel: int, room: _Room) -> tuple[int, int]:
    return _doubles.exhaust(chunk.rows, block.rows, block.names, *limits, panel, room.pairs, room.distance)


def _settle(chunk: _Chunk, block: Block, limits: Limits, passed: int, room: _Room) -> int:
    return _doubles.settle(
        chunk.rows, block.rows, block.names, *limits, room.candidates, passed, room.pairs, room.distance
    )
