"""The searcher for every machine: float32 products in NumPy, with a bound on their rounding errors.

Vectors are taken relative to a common centre and scaled by a common power of two; below, v is such a vector in
exact arithmetic. For a query q and a reference r

    distance / 2  =  h_q + h_r - q.r        with  h_v = |v|^2 / 2,

so a pair within a limit has q.r - h_r >= h_q - limit / 2. Computing this in float32, with u = 2**-24, adds errors:

- centring and scaling a vector: u per value, so u |v|;
- q.r: at most (d + 3) u |q| |r| <= (d + 3) u (h_q + h_r), whatever the order of the sum;
- h_v: at most (d + 3) u h_v; scaling, subtraction and comparison: at most 5 u (h_q + h_r).

Together they are below (2 d + 16) u (h_q + h_r), which is subtracted from the threshold. A pair that still misses it
is certainly too far apart; the distance of every other pair is computed as in `plain.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from copytrace.search.arrays import sample_rows
from copytrace.search.blockwise import Blockwise
from copytrace.search.plain import block_distances

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from copytrace.records import BoolArray, Float32Array, FloatArray, IndexArray
    from copytrace.search.blockwise import Wanted
    from copytrace.search.collectors import Limits
    from copytrace.vectors import Vectors

TILE = 32
"""Vectors per side of a product. OpenBLAS computes such a small one in one thread; the threads here are our own."""
PAIRS = 2048
"""Pairs whose distances are computed at once."""
REFERENCES = 1024
"""References whose distances to a tile of queries are computed at once."""
TOO_MANY = 1 / 8
"""If a larger share of the pairs may be within the limits, computing all distances is faster."""
_SAMPLED = 16
"""References used to determine centre and scale."""
_TAME = 20
"""Vectors of a length between 2**-20 and 2**20 need no scaling."""
_LARGEST = np.float32(2.0**100)
"""A larger h_r could overflow in a product with a query."""
_LEAST_EXPONENT = -400
"""Shorter vectors are not scaled up to length 1, so that no power of two overflows."""
_TINY = 2.0**-60
"""An upper bound on what values too small for float32 add to a product of scaled vectors."""


class Float32(Blockwise):
    """Rules out most pairs with NumPy's float32 products; compiles nothing."""

    name = "float32"

    def prepare(
        self, reference: Vectors, first: int, rows: npt.NDArray[Any], wanted: Wanted
    ) -> _Float32Comparison:
        """Prepare the given rows of queries, which start at `first`."""
        return _Float32Comparison(reference, first, rows, wanted)


FLOAT32 = Float32()


class _Placed(NamedTuple):
    """Vectors relative to a frame, padded with zeros to whole tiles.

    Attributes:
        tiles: (tiles, TILE, d) float32.
        half_square: (n,) float32, h_v of each vector.
    """

    tiles: Float32Array
    half_square: Float32Array


class _Frame:
    """A centre and a power of two, relative to which vectors are short and have a length near 1."""

    def __init__(self, reference: Vectors, rows: npt.NDArray[Any]) -> None:
        sample = sample_rows("reference", reference, _SAMPLED)
        centre = sample.mean(axis=0)
        # A centre costs a pass over every block, and pays off only if it shortens the vectors.
        if 2 * np.square(centre).sum() < np.square(sample).sum(axis=1).mean():
            centre = np.zeros_like(centre)
        # In the type of the rows, so that it is exactly the same point for all of them.
        self._centre = centre.astype(rows.dtype)
        self._centred = bool(centre.any())
        peak = max(np.abs(sample - centre).max(), rows.max() - centre.min(), centre.max() - rows.min())
        exponent = int(np.frexp(peak * np.sqrt(len(centre)))[1])
        self.exponent = 0 if abs(exponent) <= _TAME else max(exponent, _LEAST_EXPONENT)

    def place(self, rows: npt.NDArray[Any], tile: int) -> _Placed:
        """Move (n, d) rows into the frame, in tiles of the given size."""
        placed = rows.astype(np.float64) if self.exponent else rows
        if self._centred:
            placed = placed - self._centre
        if self.exponent:
            placed = np.ldexp(placed, -self.exponent)
        value: Float32Array = placed.astype(np.float32, copy=False)
        half_square = np.einsum("nd,nd->n", value, value) / np.float32(2)
        if missing := -len(rows) % tile:
            value = np.pad(value, ((0, missing), (0, 0)))
        return _Placed(value.reshape(-1, tile, value.shape[1]), half_square)


class _Float32Comparison:
    """Some queries, ready for comparison with blocks of references."""

    def __init__(self, reference: Vectors, first: int, rows: npt.NDArray[Any], wanted: Wanted) -> None:
        self._first = first
        self._rows = rows
        self._wanted = wanted
        self._frame = _Frame(reference, rows)
        self._queries = self._frame.place(rows, min(TILE, len(rows)))
        self._slack = (2 * rows.shape[1] + 16) * 2.0**-24

    def compare(self, first: int, rows: npt.NDArray[Any]) -> None:
        """Compare the queries with the given rows of references, which start at `first`."""
        # Vectors far outside the frame overflow, and are compared plainly.
        with np.errstate(over="ignore", invalid="ignore"):
            references = self._frame.place(rows, TILE)
            tame = bool(references.half_square.max() < _LARGEST)
        need = _padded(references.half_square * (1 - self._slack), TILE)[:, None, :]
        tile = self._queries.tiles.shape[1]
        for number in range(len(self._queries.tiles)):
            queries = slice(number * tile, min((number + 1) * tile, len(self._rows)))
            limits = self._wanted.limits(self._first + queries.start, self._first + queries.stop, first)
            if limits is None:
                continue
            passed = None
            if tame:
                least = self._least(self._queries.half_square[queries], limits)
                passed = _sift(self._queries.tiles[number], least, references, need)
            found = (
                _all_pairs(self._rows[queries], rows)
                if passed is None
                else _distances(self._rows[queries], rows, *passed)
            )
            for query, reference, distance in found:
                near = _within(limits, query, first + reference, distance)
                self._wanted.add(
                    self._first + queries.start + query[near], first + reference[near], distance[near]
                )

    def _least(self, half_square: Float32Array, limits: Limits) -> Float32Array:
        """The least q.r - h_r that each query's pairs need, rounded down to float32."""
        with np.errstate(over="ignore"):
            half_limit = np.ldexp(limits.distance, -2 * self._frame.exponent - 1)
            least = half_square.astype(np.float64) * (1 - self._slack) - half_limit - _TINY
            rounded: Float32Array = np.nextafter(least.astype(np.float32), np.float32(-np.inf))
        return rounded


def _padded(values: Float32Array, tile: int) -> Float32Array:
    """Reshape (n,) values to (tiles, tile), padded with infinity."""
    return np.pad(values, (0, -len(values) % tile), constant_values=np.inf).reshape(-1, tile)


def _sift(
    tile: Float32Array, least: Float32Array, references: _Placed, need: Float32Array
) -> tuple[IndexArray, IndexArray] | None:
    """The pairs of a tile of queries and a block that may be within their limits; None if there are too many.

    Args:
        tile: (a, d) queries; the first b count.
        least: (b,) the least q.r - h_r that each query's pairs need.
        references: of the block.
        need: (tiles, 1, TILE) h_r of each reference, minus the error allowance.
    """
    reach = np.matmul(tile[: len(least)], references.tiles.swapaxes(1, 2))
    reach -= need
    passed = np.flatnonzero(reach >= least[:, None])
    count = len(references.half_square)
    if len(passed) > TOO_MANY * len(least) * count:
        return None
    tiles, query, lane = np.unravel_index(passed, reach.shape)
    reference = tiles * TILE + lane
    # Without any limit, the padding of the last tile passes too.
    return query[reference < count], reference[reference < count]


def _all_pairs(
    query: npt.NDArray[Any], reference: npt.NDArray[Any]
) -> Iterator[tuple[IndexArray, IndexArray, FloatArray]]:
    """All pairs of two blocks with their distances, piece by piece."""
    for start in range(0, len(reference), REFERENCES):
        piece = reference[start : start + REFERENCES]
        distance = block_distances(query.astype(np.float64), piece.astype(np.float64))
        of_query, of_reference = np.indices(distance.shape)
        yield of_query.ravel(), start + of_reference.ravel(), distance.ravel()


def _distances(
    query: npt.NDArray[Any], reference: npt.NDArray[Any], of_query: IndexArray, of_reference: IndexArray
) -> Iterator[tuple[IndexArray, IndexArray, FloatArray]]:
    """The given pairs of two blocks with their distances, piece by piece."""
    for start in range(0, len(of_query), PAIRS):
        q, r = of_query[start : start + PAIRS], of_reference[start : start + PAIRS]
        square = query[q].astype(np.float64) - reference[r]
        np.multiply(square, square, out=square)
        # Unlike sum, accumulate adds strictly from the first to the last.
        yield q, r, np.add.accumulate(square, axis=1, out=square)[:, -1].copy()


def _within(limits: Limits, query: IndexArray, reference: IndexArray, distance: FloatArray) -> BoolArray:
    """Which pairs are within the limits of their queries."""
    limit = limits.distance[query]
    within: BoolArray = (distance < limit) | ((distance == limit) & (reference <= limits.reference[query]))
    return within
