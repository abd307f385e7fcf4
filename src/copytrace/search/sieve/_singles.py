"""The sieve for every machine and most data: the float32 product, with a bound on its rounding error.

Vectors are taken relative to a centre and scaled by a power of two, so that nothing overflows. The float32 product of
two such vectors differs from the true one by at most (d + 8) * 2**-24 of the product of their lengths: 2**-24 for each
from rounding their values to float32, and d times that from the sum, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba.core import types

from copytrace.search.sieve._compiled import compiled
from copytrace.search.sieve._llvm import (
    DOUBLE,
    LONG,
    SHORT,
    SINGLE,
    everywhere,
    in_llvm,
    load,
    long,
    lowest_bit,
    repeat,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import Float32Array, FloatArray

PANEL = 16
"""References compared at once."""
GROUP = 4
"""Queries compared at once."""
_ROUNDING = 1e-13
"""An upper bound on the float64 rounding of a bound's terms, relative to |q|^2 + |r|^2."""
_LEAST_EXPONENT = -400
"""Shorter vectors are not scaled up to length 1, so that no power of two overflows."""
_TINY_PRODUCT = 1e-30
"""An upper bound on what values too small for float32 add to a product of vectors of length 1."""
_TINY_SQUARE = 1e-300
"""An upper bound on what is lost in squares too small for float64."""


@dataclass(frozen=True)
class Singles:
    """Vectors relative to a centre, as float32, in tiles of vectors to compare at once.

    Attributes:
        tiles: (tiles, d, size) float32: values of length at most 1, zeros after the last vector.
        exponent: the vectors are 2 ** exponent times the values.
        half_square: (n,) half the squared length of each vector.
        length: (n,) the length of each vector.
    """

    tiles: Float32Array
    exponent: int
    half_square: FloatArray
    length: FloatArray


def scale(rows: npt.NDArray[Any], centre: FloatArray, size: int) -> Singles:
    """Scale the (n, d) rows, relative to the (d,) centre, into the middle of float32's range."""
    count, dims = rows.shape
    value = rows - centre
    half_square = np.einsum("nd,nd->n", value, value) / 2
    length = np.sqrt(2 * half_square)
    exponent = max(int(np.frexp(length.max())[1]), _LEAST_EXPONENT)
    tiles = np.zeros((-(-count // size), size, dims), np.float32)
    tiles.reshape(-1, dims)[:count] = np.ldexp(value, -exponent)
    return Singles(np.ascontiguousarray(tiles.swapaxes(1, 2)), exponent, half_square, length)


def sift(
    query: Singles,
    reference: Singles,
    limit_distance: FloatArray,
    first_panel: int,
    candidates: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Find the pairs that may be within their query's limit, panel by panel.

    Args:
        query: a queries, in tiles of GROUP.
        reference: b references, in tiles of PANEL.
        limit_distance: (a,) the largest squared distance that counts for each query.
        first_panel: the panel to start with.
        candidates: (c, 2) receives pairs of a query and a reference.

    Returns:
        The number found, and the panel to continue with: the first that might not fit in `candidates`.
    """
    # The least q.r: |q|^2 / 2 - limit / 2 and |r|^2 / 2, minus the errors, in units of the float32 product. A limit
    # too large for that is no limit; the padding after the last vector needs a value that none reaches.
    unit = 2.0 ** -(query.exponent + reference.exponent)
    slack = (query.tiles.shape[1] + 8) * 2.0**-24
    with np.errstate(over="ignore"):
        of_query = query.half_square * (1 - _ROUNDING) - limit_distance * (0.5 + 1e-12) - _TINY_SQUARE
        of_query = of_query * unit - _TINY_PRODUCT
        of_reference = reference.half_square * (1 - _ROUNDING) * unit
    return _sift(
        query.tiles,
        reference.tiles,
        _padded(of_query, GROUP, np.inf),
        _padded(of_reference, PANEL, np.inf),
        _padded(query.length * 2.0**-query.exponent * slack, GROUP, 0.0),
        _padded(reference.length * 2.0**-reference.exponent, PANEL, 0.0),
        first_panel,
        candidates,
    )


def _padded(values: FloatArray, size: int, filling: float) -> FloatArray:
    return np.pad(values, (0, -len(values) % size), constant_values=filling)


@in_llvm
def _over(  # pragma: no cover - compiled
    _typing: Any,
    _group: Any,
    _panel: Any,
    _dims: Any,
    _group_need: Any,
    _panel_need: Any,
    _group_slack: Any,
    _panel_length: Any,
) -> Any:
    """Which products of a group and a panel may reach the required value; all but the dimensions are addresses.

    Returns 64 bits: PANEL per query of the group, the lowest for the first query and reference.
    """
    singles, doubles = ir.VectorType(SINGLE, PANEL), ir.VectorType(DOUBLE, PANEL)

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> ir.Value:
        group, panel, dims, group_need, panel_need, group_slack, panel_length = arguments

        def add_products(dim: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
            reference = load(builder, panel, builder.mul(dim, long(4 * PANEL)), singles)
            given = []
            for row in range(GROUP):
                offset = builder.add(builder.mul(dim, long(4 * GROUP)), long(4 * row))
                query = everywhere(builder, load(builder, group, offset, SINGLE), PANEL)
                product = builder.fmul(query, reference, flags=("contract",))
                given.append(builder.fadd(sums[row], product, flags=("contract",)))
            return given

        sums = repeat(builder, dims, [ir.Constant(singles, [0.0] * PANEL)] * GROUP, add_products)
        needs, lengths = (load(builder, address, long(0), doubles) for address in (panel_need, panel_length))
        over = long(0)
        for row in range(GROUP):
            need, slack = (
                everywhere(builder, load(builder, address, long(8 * row), DOUBLE), PANEL)
                for address in (group_need, group_slack)
            )
            reach = builder.fadd(builder.fpext(sums[row], doubles), builder.fmul(slack, lengths))
            reached = builder.fcmp_ordered(">=", reach, builder.fadd(need, needs))
            bits = builder.zext(builder.bitcast(reached, SHORT), LONG)
            over = builder.or_(over, builder.shl(bits, long(row * PANEL)))
        return over

    return types.uint64(*[types.intp] * 7), build


@compiled
def _sift(  # pragma: no cover - compiled
    groups: Float32Array,
    panels: Float32Array,
    query_need: FloatArray,
    reference_need: FloatArray,
    query_slack: FloatArray,
    reference_length: FloatArray,
    first_panel: int,
    candidates: npt.NDArray[np.int32],
) -> tuple[int, int]:
    dims = groups.shape[1]
    count = 0
    panel = first_panel
    while panel < len(panels) and count + PANEL * GROUP * len(groups) <= len(candidates):
        for group in range(len(groups)):
            over = _over(
                groups.ctypes.data + group * dims * GROUP * 4,
                panels.ctypes.data + panel * dims * PANEL * 4,
                dims,
                query_need.ctypes.data + group * GROUP * 8,
                reference_need.ctypes.data + panel * PANEL * 8,
                query_slack.ctypes.data + group * GROUP * 8,
                reference_length.ctypes.data + panel * PANEL * 8,
            )
            while over:
                bit = np.int64(lowest_bit(over))
                over &= over - np.uint64(1)
                candidates[count, 0] = group * GROUP + bit // PANEL
                candidates[count, 1] = panel * PANEL + bit % PANEL
                count += 1
        panel += 1
    return count, panel
