"""The quick sieve: products of vectors that are rounded to bytes, with a bound on what the rounding can do.

A vector v, taken relative to a centre, becomes s * c + e: a scale s, a code c of small integers and the rest e.
For a query and a reference

    q.r  <=  s_q s_r (c_q . c_r) + |e_q| |r| + |s_q c_q| |e_r|          (Cauchy-Schwarz)

and their squared distance is |q|^2 + |r|^2 - 2 q.r: a distance within a limit needs a product of codes over a
threshold. A pair whose product is not over it is certainly too far apart; all others are looked at again.

**The product** is the instruction `vpmaddubsw` and a 16-bit addition for each 32 multiplications, the most that
a CPU with AVX2 can do: four times the rate of its float32 product. Three things keep it exact on every CPU:

- The instruction adds two neighbouring products of an unsigned and a signed byte, and *saturates* at 16 bits.
  Queries are stored as c + 128, in 1 to 255, and references in -63 to 63: 2 * 255 * 63 = 32130 < 32767.
- The sums over the dimensions wrap around at 16 bits, so they are right modulo 2^16. No code is longer than
  sqrt(32767), so the true product fits in 16 bits: it is the one number that the sum can stand for.
- The 128 that is added to queries adds 128 * sum(c_r) to each product; the sums start at minus that number.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from copytrace.search._compiled import compiled, compiled_in_any_order

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
_LONGEST_SQUARED = 32767
_LENGTH = 180.9
"""The length of codes before rounding, which lengthens them to about sqrt(180.9**2 + 256 / 12) = 180.96."""
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
        and numba.config.CPU_NAME is None
        and numba.config.CPU_FEATURES is None
        and not numba.config.DISABLE_JIT
    )


@dataclass(frozen=True)
class Codes:
    """Vectors as scaled codes of small integers.

    Attributes:
        code: (n, d) int8, d filled up with zeros to a multiple of DEPTH.
        half_square: (n,) half of the squared length of the vector, |v|^2 / 2.
        scale: (n,) s.
        length: (n,) |s c|.
        error: (n,) |e|.
    """

    code: npt.NDArray[np.int8]
    half_square: FloatArray
    scale: FloatArray
    length: FloatArray
    error: FloatArray

    def ordered(self, order: IndexArray) -> Codes:
        """The same vectors in another order."""
        return Codes(
            self.code[order],
            self.half_square[order],
            self.scale[order],
            self.length[order],
            self.error[order],
        )


def encode(rows: npt.NDArray[Any], centre: FloatArray, largest: int) -> Codes:
    """Round the (n, d) rows, relative to the (d,) centre, to integers of at most `largest`."""
    count, dims = rows.shape
    code = np.zeros((count, -(-dims // DEPTH) * DEPTH), np.int8)
    half_square, scale, length, error = np.empty((4, count))
    _encode(rows, centre, largest, code, half_square, scale, length, error)
    return Codes(code, half_square, scale, length, error)


@compiled_in_any_order
def _encode(  # pragma: no cover - compiled
    rows: npt.NDArray[Any],
    centre: FloatArray,
    largest: int,
    code: npt.NDArray[np.int8],
    half_square: FloatArray,
    scale: FloatArray,
    length: FloatArray,
    error: FloatArray,
) -> None:
    dims = len(centre)
    value = np.empty(dims, np.float64)
    for row in range(len(rows)):
        squared = 0.0
        biggest = 0.0
        for dim in range(dims):
            value[dim] = np.float64(rows[row, dim]) - centre[dim]
            squared += value[dim] * value[dim]
            biggest = max(biggest, abs(value[dim]))
        half_square[row] = squared / 2
        norm = np.sqrt(squared)
        if norm < _NOTHING:
            scale[row] = 1.0
            length[row] = 0.0
            error[row] = norm + _NOTHING
            continue
        step = max(norm / _LENGTH, biggest / largest)
        while True:
            code_squared = 0
            error_squared = 0.0
            for dim in range(dims):
                rounded = np.floor(value[dim] / step + 0.5)
                rounded = min(max(rounded, np.float64(-largest)), np.float64(largest))
                code[row, dim] = np.int8(rounded)
                code_squared += np.int32(rounded) * np.int32(rounded)
                rest = value[dim] - step * rounded
                error_squared += rest * rest
            if code_squared <= _LONGEST_SQUARED:
                break
            step *= 1.01
        scale[row] = step
        length[row] = step * np.sqrt(np.float64(code_squared))
        error[row] = np.sqrt(error_squared)


@dataclass(frozen=True)
class QueryCodes:
    """Queries as the product takes them.

    Attributes:
        groups: (groups, d * GROUP) uint8: for DEPTH dimensions after the other, GROUP queries' codes + 128.
        bound: (4, GROUP * groups) half squares, errors, lengths and 1 / scales; zeros beyond the last query.
    """

    groups: ByteArray
    bound: FloatArray


@dataclass(frozen=True)
class ReferenceCodes:
    """References as the product takes them.

    Attributes:
        panels: (panels, (d / DEPTH + 1) * 64) int8: what the sums start at, then for DEPTH dimensions after
            the other the codes of the even and then of the odd references of a panel.
        bound: (panels, 6) smallest half square, largest half square, largest length of a vector,
            largest error, 1 / smallest scale and 1 / largest scale in the panel.
    """

    panels: npt.NDArray[np.int8]
    bound: FloatArray


def pack_queries(codes: Codes) -> QueryCodes:
    """Lay out the codes of queries for the product."""
    count, dims = codes.code.shape
    groups = -(-count // GROUP)
    padded = np.full((groups * GROUP, dims), 128, np.uint8)
    padded[:count] = (codes.code.astype(np.int16) + 128).astype(np.uint8)
    packed = aligned((groups, dims * GROUP), np.uint8)
    packed[:] = padded.reshape(groups, GROUP, dims // DEPTH, DEPTH).swapaxes(1, 2).reshape(groups, -1)
    bound = np.zeros((4, groups * GROUP))
    bound[:, :count] = codes.half_square, codes.error, codes.length, 1 / codes.scale
    return QueryCodes(packed, bound)


def pack_references(codes: Codes) -> ReferenceCodes:
    """Lay out the codes of references for the product; references of like length should be neighbours."""
    count, dims = codes.code.shape
    panels = -(-count // PANEL)
    padded = np.zeros((panels * PANEL, dims), np.int8)
    padded[:count] = codes.code
    # The sums of the references beyond the last stay at the smallest number, which is over no threshold.
    start = np.full(panels * PANEL, -32768, np.int64)
    start[:count] = -128 * codes.code.sum(axis=1, dtype=np.int64)
    packed = aligned((panels, (dims // DEPTH + 1) * 2 * _REGISTER), np.int8)
    # A register adds up 8 references in 8 lanes of 32 bits, two sums of 16 bits in each; one of them starts.
    starts = np.zeros((panels, 2, PANEL // 2, 2), np.int16)
    starts[..., 0] = start.astype(np.int16).reshape(panels, PANEL // 2, 2).swapaxes(1, 2)
    packed[:, : 2 * _REGISTER] = starts.reshape(panels, -1).view(np.int8)
    lanes = padded.reshape(panels, PANEL // 2, 2, dims // DEPTH, DEPTH)
    packed[:, 2 * _REGISTER :] = lanes.transpose(0, 3, 2, 1, 4).reshape(panels, -1)
    first = np.arange(panels) * PANEL
    half_largest = np.maximum.reduceat(codes.half_square, first)
    bound = np.stack(
        [
            np.minimum.reduceat(codes.half_square, first),
            half_largest,
            np.sqrt(2 * half_largest),
            np.maximum.reduceat(codes.error, first),
            1 / np.minimum.reduceat(codes.scale, first),
            1 / np.maximum.reduceat(codes.scale, first),
        ],
        axis=1,
    )
    return ReferenceCodes(packed, bound)


def aligned(shape: tuple[int, int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array of bytes that starts at a line of the cache, so that no register is loaded from two."""
    memory = np.zeros(shape[0] * shape[1] + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + shape[0] * shape[1]].view(dtype).reshape(shape)


@intrinsic  # type: ignore[untyped-decorator]
def _product(
    _typing: Any,  # noqa: ANN401 - numba's own protocol
    _group: Any,  # noqa: ANN401 - the same
    _panel: Any,  # noqa: ANN401 - the same
    _threshold: Any,  # noqa: ANN401 - the same
    _out: Any,  # noqa: ANN401 - the same
    _steps: Any,  # noqa: ANN401 - the same
) -> Any:  # noqa: ANN401 - the same
    """Products of a group and a panel, (GROUP, PANEL) int16 stored at `out`, from and to addresses.

    Gives not zero where a product is over its query's threshold. No language that numba compiles has a word
    for the instruction, so this is written in LLVM's own.
    """
    number = types.intp

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> ir.Value:  # noqa: ANN401
        byte, short, integer, long = (ir.IntType(bits) for bits in (8, 16, 32, 64))
        bytes_, shorts, integers = (
            ir.VectorType(lane, _REGISTER * 8 // lane.width) for lane in (byte, short, integer)
        )
        group, panel, threshold, out = (
            builder.inttoptr(address, byte.as_pointer()) for address in arguments[:4]
        )
        steps = arguments[4]

        def at(base: ir.Value, offset: ir.Value, kind: ir.Type) -> ir.Value:
            return builder.bitcast(builder.gep(base, [offset]), kind.as_pointer())

        def load(base: ir.Value, offset: ir.Value, kind: ir.Type) -> ir.Value:
            return builder.load(at(base, offset, kind), align=1)

        def everywhere(value: ir.Value, kind: ir.VectorType) -> ir.Value:
            nowhere = ir.Constant(kind, ir.Undefined)
            first = builder.insert_element(nowhere, value, ir.Constant(integer, 0))
            return builder.shuffle_vector(
                first, nowhere, ir.Constant(ir.VectorType(integer, kind.count), [0] * kind.count)
            )

        multiply_add = builder.module.declare_intrinsic(
            "llvm.x86.avx2.pmadd.ub.sw", (), ir.FunctionType(shorts, [bytes_, bytes_])
        )
        halves = range(2)
        starts = [load(panel, ir.Constant(long, half * _REGISTER), shorts) for half in halves]
        before = builder.block
        loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
        builder.branch(loop)

        builder.position_at_end(loop)
        step = builder.phi(long)
        step.add_incoming(ir.Constant(long, 0), before)
        sums = [[builder.phi(shorts) for _ in halves] for _ in range(GROUP)]
        group_offset = builder.mul(step, ir.Constant(long, GROUP * DEPTH))
        panel_offset = builder.mul(step, ir.Constant(long, 2 * _REGISTER))
        references = [
            load(panel, builder.add(panel_offset, ir.Constant(long, (2 + half) * _REGISTER)), bytes_)
            for half in halves
        ]
        next_sums = []
        for row in range(GROUP):
            offset = builder.add(group_offset, ir.Constant(long, row * DEPTH))
            query = builder.bitcast(everywhere(load(group, offset, integer), integers), bytes_)
            next_sums.append(
                [
                    builder.add(sums[row][half], builder.call(multiply_add, [query, references[half]]))
                    for half in halves
                ]
            )
            for half in halves:
                sums[row][half].add_incoming(starts[half], before)
                sums[row][half].add_incoming(next_sums[row][half], loop)
        next_step = builder.add(step, ir.Constant(long, 1))
        step.add_incoming(next_step, loop)
        builder.cbranch(builder.icmp_signed("<", next_step, steps), loop, after)

        builder.position_at_end(after)
        sixteen = ir.Constant(integers, [16] * integers.count)
        evens_then_odds = ir.Constant(
            ir.VectorType(integer, PANEL), [lane + PANEL * (lane % 2) for lane in range(PANEL)]
        )
        over = ir.Constant(ir.VectorType(ir.IntType(1), PANEL), [0] * PANEL)
        for row in range(GROUP):
            even, odd = (builder.bitcast(next_sums[row][half], integers) for half in halves)
            # The two sums of a lane are added in its lower half for even references, in its upper for odd ones.
            even_total = builder.add(next_sums[row][0], builder.bitcast(builder.lshr(even, sixteen), shorts))
            odd_total = builder.add(next_sums[row][1], builder.bitcast(builder.shl(odd, sixteen), shorts))
            products = builder.shuffle_vector(even_total, odd_total, evens_then_odds)
            builder.store(products, at(out, ir.Constant(long, row * PANEL * 2), shorts), align=1)
            least = everywhere(load(threshold, ir.Constant(long, row * 2), short), shorts)
            over = builder.or_(over, builder.icmp_signed(">", products, least))
        return builder.zext(builder.bitcast(over, short), long)

    return number(number, number, number, number, number), build


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
    threshold = np.empty(rows, np.int16)
    threshold[:] = 32767
    products = np.empty((GROUP, PANEL), np.int16)
    steps = (panels.shape[1] - 2 * 32) // (2 * 32)
    group_bytes = groups.shape[1]
    group_address = groups.ctypes.data
    threshold_address = threshold.ctypes.data
    products_address = products.ctypes.data
    count = 0
    panel = first_panel
    while panel < len(panels) and count + PANEL * rows <= len(candidates):
        half_smallest = reference_bound[panel, 0]
        half_largest = reference_bound[panel, 1]
        length = reference_bound[panel, 2]
        error = reference_bound[panel, 3]
        finest = reference_bound[panel, 4]
        coarsest = reference_bound[panel, 5]
        for q in range(queries):
            # What q.r has to be at least, less the two errors; then in units of the codes, rounded down.
            needed = query_bound[0, q] + half_smallest - (0.5 + 1e-12) * limit_distance[q]
            needed -= query_bound[1, q] * length + query_bound[2, q] * error
            needed -= _ROUNDING * (query_bound[0, q] + half_largest) + _TINY_SQUARE
            needed *= query_bound[3, q] * (coarsest if needed > 0 else finest)
            threshold[q] = np.int16(min(max(np.floor(needed) - 1, -32768.0), 32767.0))
        panel_address = panels.ctypes.data + panel * panels.shape[1]
        for group in range(len(groups)):
            if _product(
                group_address + group * group_bytes,
                panel_address,
                threshold_address + group * GROUP * 2,
                products_address,
                steps,
            ):
                for row in range(GROUP):
                    least = threshold[group * GROUP + row]
                    for lane in range(PANEL):
                        if products[row, lane] > least:
                            candidates[count, 0] = group * GROUP + row
                            candidates[count, 1] = panel * PANEL + lane
                            count += 1
        panel += 1
    return count, panel
