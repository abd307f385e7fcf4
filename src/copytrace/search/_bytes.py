"""The quick sieve: products of vectors that are rounded to bytes, with a bound on what the rounding can do.

A vector v, taken relative to a centre, becomes s * c + e: a scale s, a code c of small integers and the rest
e. For a query and a reference

    q.r  <=  s_q s_r (c_q . c_r) + |e_q| |r| + |s_q c_q| |e_r|          (Cauchy-Schwarz)

and their squared distance is |q|^2 + |r|^2 - 2 q.r: a distance within a limit needs a product of codes over a
threshold. A pair whose product is not over it is certainly too far apart; all others are looked at again.

**The product** is the instruction `vpmaddubsw` and a 16-bit addition for each 32 multiplications, the most
that a CPU with AVX2 can do: four times the rate of its float32 product. Three things keep it exact:

- The instruction adds two neighbouring products of an unsigned and a signed byte, and *saturates* at 16 bits.
  Queries are stored as c + 128, in 1 to 255, and references in -63 to 63: 2 * 255 * 63 = 32130 < 32767.
- The sums wrap around at 16 bits, so they are right modulo 2^16. No code is longer than sqrt(32767), so that
  the true product fits in 16 bits: it is the one number that the sum can stand for.
- The 128 that is added to queries adds 128 * sum(c_r) to a product; the sums start at minus that number.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba.core import config, types

from copytrace.search._compiled import compiled, compiled_in_any_order
from copytrace.search._llvm import (
    BYTE,
    INTEGER,
    LONG,
    SHORT,
    everywhere,
    in_llvm,
    load,
    long,
    lowest_bit,
    repeat,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import ByteArray, FloatArray, IndexArray

PANEL = 16
"""References that are compared at once: two registers of 8 lanes of 32 bits."""
GROUP = 4
"""Queries that are compared at once."""
DEPTH = 4
"""Dimensions that lie together, so that a load of 32 bits brings them to all lanes of a register."""
_REGISTER = 32
"""Bytes in a register of AVX2."""

QUERY_LARGEST = 127
REFERENCE_LARGEST = 63
_LENGTH = 173.0
"""The length of a code before rounding, at most; rounding adds at most sqrt(256) / 2, and 181^2 < 2^15."""
_NOTHING = 1e-100
"""A shorter vector is all error, with a code of zeros, so that nothing underflows."""
_ROUNDING = 1e-13
"""More than the float64 rounding of all that a bound is made of, relative to |q|^2 + |r|^2."""
_TINY_SQUARE = 1e-300
"""More than what is lost in squares too small for a float64."""


def available() -> bool:
    """Whether this machine has the instruction, and numba compiles for this machine."""
    return (
        platform.machine() in {"x86_64", "AMD64"}
        and bool(llvmlite.binding.get_host_cpu_features().get("avx2"))
        and getattr(config, "CPU_NAME", None) is None
        and getattr(config, "CPU_FEATURES", None) is None
    )


@dataclass(frozen=True)
class Codes:
    """Vectors as scaled codes of small integers.

    Attributes:
        code: (n, d) int8, d filled up with zeros to a multiple of DEPTH.
        scale: (n,) s.
        length: (n,) |s c|.
        error: (n,) |e|.
    """

    code: npt.NDArray[np.int8]
    scale: FloatArray
    length: FloatArray
    error: FloatArray


def measure(rows: npt.NDArray[Any], centre: FloatArray, largest: int) -> tuple[FloatArray, FloatArray]:
    """Measure the (n, d) rows relative to the (d,) centre.

    Returns:
        (n,) half of the squared length of each, and (n,) the smallest scale with which its code has integers
        of at most `largest` and is not too long; 0 for next to nothing.
    """
    half_square, scale = np.empty((2, len(rows)))
    _measure(rows, centre, largest, half_square, scale)
    return half_square, scale


def encode(rows: npt.NDArray[Any], centre: FloatArray, scale: FloatArray) -> Codes:
    """Round the (n, d) rows, relative to the (d,) centre, to multiples of their (n,) scales."""
    count, dims = rows.shape
    code = np.zeros((count, -(-dims // DEPTH) * DEPTH), np.int8)
    length, error = np.empty((2, count))
    _encode(rows, centre, scale, code, length, error)
    return Codes(code, scale, length, error)


@compiled_in_any_order
def _measure(  # pragma: no cover - compiled
    rows: npt.NDArray[Any], centre: FloatArray, largest: int, half_square: FloatArray, scale: FloatArray
) -> None:
    for row in range(len(rows)):
        squared = 0.0
        biggest = 0.0
        for dim in range(len(centre)):
            value = np.float64(rows[row, dim]) - centre[dim]
            squared += value * value
            biggest = max(biggest, abs(value))
        half_square[row] = squared / 2
        needed = max(np.sqrt(squared) / _LENGTH, biggest / largest)
        scale[row] = needed if squared > _NOTHING * _NOTHING else 0.0


@compiled_in_any_order
def _encode(  # pragma: no cover - compiled
    rows: npt.NDArray[Any],
    centre: FloatArray,
    scale: FloatArray,
    code: npt.NDArray[np.int8],
    length: FloatArray,
    error: FloatArray,
) -> None:
    for row in range(len(rows)):
        step = scale[row]
        code_squared = 0.0
        rest_squared = 0.0
        for dim in range(len(centre)):
            value = np.float64(rows[row, dim]) - centre[dim]
            rounded = np.floor(value / step + 0.5)
            code[row, dim] = np.int8(rounded)
            code_squared += rounded * rounded
            rest = value - step * rounded
            rest_squared += rest * rest
        length[row] = step * np.sqrt(code_squared)
        error[row] = np.sqrt(rest_squared) + _NOTHING


@dataclass(frozen=True)
class QueryCodes:
    """Queries as the product takes them.

    Attributes:
        groups: (groups, d * GROUP) uint8: DEPTH dimensions after the other, GROUP queries' codes + 128.
        bound: (4, n) |q|^2 / 2, |e_q|, |s_q c_q| and 1 / s_q.
    """

    groups: ByteArray
    bound: FloatArray


@dataclass(frozen=True)
class ReferenceCodes:
    """References as the product takes them.

    Attributes:
        panels: (panels, (d / DEPTH + 1) * DEPTH * PANEL) int8: what the sums start at, and then, DEPTH
            dimensions after the other, PANEL references' codes.
        bound: (panels, 5) the smallest and the largest |r|^2 / 2, the largest |r|, the largest |e_r| and
            1 / s_r, which is the same for all the panel.
    """

    panels: npt.NDArray[np.int8]
    bound: FloatArray


def prepare_queries(rows: npt.NDArray[Any], centre: FloatArray) -> QueryCodes:
    """Encode the (n, d) rows, relative to the (d,) centre, and lay them out for the product."""
    half_square, scale = measure(rows, centre, QUERY_LARGEST)
    codes = encode(rows, centre, np.where(scale > 0, scale, 1.0))
    count, dims = codes.code.shape
    groups = -(-count // GROUP)
    stored = np.full((groups * GROUP, dims), 128, np.uint8)
    stored[:count] = codes.code.view(np.uint8) ^ 128
    packed = _aligned((groups, dims * GROUP), np.uint8)
    _deal_out(stored, GROUP, packed)
    return QueryCodes(packed, np.stack([half_square, codes.error, codes.length, 1 / codes.scale]))


def prepare_references(
    rows: npt.NDArray[Any], centre: FloatArray
) -> tuple[IndexArray, npt.NDArray[Any], ReferenceCodes]:
    """Sort the (n, d) rows by length, encode them relative to the (d,) centre, lay them out for the product.

    A panel has one bound for its references, so that it costs next to nothing to apply; that is why they
    should be of like length, and have the same scale.

    Returns:
        The (n,) order, the rows in that order, and their codes.
    """
    half_square, scale = measure(rows, centre, REFERENCE_LARGEST)
    order = np.argsort(half_square)
    rows, half_square, scale = rows[order], half_square[order], scale[order]
    first = np.arange(0, len(rows), PANEL)
    panel_scale = np.maximum.reduceat(scale, first)
    panel_scale[panel_scale == 0] = 1.0
    codes = encode(rows, centre, np.repeat(panel_scale, PANEL)[: len(rows)])
    half_largest = np.maximum.reduceat(half_square, first)
    bound = [
        np.minimum.reduceat(half_square, first),
        half_largest,
        np.sqrt(2 * half_largest),
        np.maximum.reduceat(codes.error, first),
        1 / panel_scale,
    ]
    return order, rows, ReferenceCodes(_pack_references(codes.code), np.stack(bound, axis=1))


def _pack_references(code: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    count, dims = code.shape
    panels = -(-count // PANEL)
    stored = np.zeros((panels * PANEL, dims), np.int8)
    stored[:count] = code
    # A reference has two sums of 16 bits, each of every other two dimensions; the first of them starts. Where
    # there is no reference it stays at the smallest number, which is over no threshold.
    start = np.zeros((panels * PANEL, 2), np.int16)
    start[:, 0] = -32768
    start[:count, 0] = (-128 * code.sum(axis=1, dtype=np.int64)).astype(np.int16)
    packed = _aligned((panels, (dims + DEPTH) * PANEL), np.int8)
    packed[:, : DEPTH * PANEL] = start.reshape(panels, -1).view(np.int8)
    _deal_out(stored, PANEL, packed[:, DEPTH * PANEL :])
    return packed


def _deal_out(stored: npt.NDArray[Any], size: int, packed: npt.NDArray[Any]) -> None:
    """Put DEPTH dimensions of `size` vectors beside each other, then the next DEPTH of the same vectors."""
    together = stored.view(np.int32).reshape(len(packed), size, -1).swapaxes(1, 2)
    packed.view(np.int32)[:] = together.reshape(len(packed), -1)


def _aligned(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array of bytes that starts at a line of the cache, so that no register is loaded from two."""
    size = int(np.prod(shape))
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


@in_llvm
def _over(
    _typing: Any, _group: Any, _panel: Any, _threshold: Any, _steps: Any
) -> Any:  # pragma: no cover - compiled
    """Which products of a group and a panel are over their query's threshold; those three are addresses.

    Gives 64 bits: PANEL for each query of the group, the lowest for the first query and reference.
    """
    bytes_, shorts = ir.VectorType(BYTE, _REGISTER), ir.VectorType(SHORT, _REGISTER // 2)
    integers = ir.VectorType(INTEGER, _REGISTER // 4)
    halves = range(2)

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> ir.Value:
        group, panel, threshold, steps = arguments
        multiply_add = builder.module.declare_intrinsic(
            "llvm.x86.avx2.pmadd.ub.sw", (), ir.FunctionType(shorts, [bytes_, bytes_])
        )

        def add_products(step: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
            in_group = builder.mul(step, long(GROUP * DEPTH))
            in_panel = builder.mul(step, long(2 * _REGISTER))
            references = [
                load(builder, panel, builder.add(in_panel, long((2 + half) * _REGISTER)), bytes_)
                for half in halves
            ]
            given = []
            for row in range(GROUP):
                values = load(builder, group, builder.add(in_group, long(row * DEPTH)), INTEGER)
                query = builder.bitcast(everywhere(builder, values, integers.count), bytes_)
                for half in halves:
                    products = builder.call(multiply_add, [query, references[half]])
                    given.append(builder.add(sums[2 * row + half], products))
            return given

        starts = [load(builder, panel, long(half * _REGISTER), shorts) for half in halves]
        sums = repeat(builder, steps, starts * GROUP, add_products)
        sixteen = ir.Constant(integers, [16] * integers.count)
        over = long(0)
        for row in range(GROUP):
            least = everywhere(builder, load(builder, threshold, long(row * 4), INTEGER), integers.count)
            for half in halves:
                # The two sums of a reference are added in the upper half of its lane, and brought down.
                pair = builder.bitcast(sums[2 * row + half], integers)
                product = builder.ashr(builder.add(pair, builder.shl(pair, sixteen)), sixteen)
                bits = builder.bitcast(builder.icmp_signed(">", product, least), BYTE)
                places = long(row * PANEL + half * integers.count)
                over = builder.or_(over, builder.shl(builder.zext(bits, LONG), places))
        return over

    return types.uint64(types.intp, types.intp, types.intp, types.intp), build


@compiled
def sift(  # pragma: no cover - compiled
    groups: ByteArray,
    query_bound: FloatArray,
    panels: npt.NDArray[np.int8],
    reference_bound: FloatArray,
    limit_distance: FloatArray,
    first_panel: int,
    candidates: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Find the pairs that may be within their query's limit, panel by panel.

    Args:
        groups: codes of the queries, see QueryCodes.
        query_bound: see QueryCodes.
        panels: codes of the references, see ReferenceCodes.
        reference_bound: see ReferenceCodes.
        limit_distance: (a,) the largest squared distance that is wanted of each query.
        first_panel: where to begin.
        candidates: (c, 2) takes pairs of a query and a reference.

    Returns:
        How many were found, and the panel to go on with: the first that might not fit in `candidates`.
    """
    queries = len(limit_distance)
    rows = len(groups) * GROUP
    # No product is over the largest threshold, and all are over the smallest.
    threshold = np.full(rows, 32767, np.int32)
    steps = panels.shape[1] // (DEPTH * PANEL) - 1
    group_bytes = groups.shape[1]
    group_address = groups.ctypes.data
    threshold_address = threshold.ctypes.data
    count = 0
    panel = first_panel
    while panel < len(panels) and count + PANEL * rows <= len(candidates):
        half_smallest = reference_bound[panel, 0]
        half_largest = reference_bound[panel, 1]
        length = reference_bound[panel, 2]
        error = reference_bound[panel, 3]
        per_scale = reference_bound[panel, 4]
        for q in range(queries):
            # What q.r has to be at least, less the two errors; then in units of the codes, rounded down.
            needed = query_bound[0, q] + half_smallest - (0.5 + 1e-12) * limit_distance[q]
            needed -= query_bound[1, q] * length + query_bound[2, q] * error
            needed -= _ROUNDING * (query_bound[0, q] + half_largest) + _TINY_SQUARE
            needed *= query_bound[3, q] * per_scale
            threshold[q] = np.int32(min(max(np.floor(needed) - 1, -32768.0), 32767.0))
        panel_address = panels.ctypes.data + panel * panels.shape[1]
        for group in range(len(groups)):
            over = _over(
                group_address + group * group_bytes,
                panel_address,
                threshold_address + group * GROUP * 4,
                steps,
            )
            while over:
                bit = np.int64(lowest_bit(over))
                over &= over - np.uint64(1)
                candidates[count, 0] = group * GROUP + bit // PANEL
                candidates[count, 1] = panel * PANEL + bit % PANEL
                count += 1
        panel += 1
    return count, panel
