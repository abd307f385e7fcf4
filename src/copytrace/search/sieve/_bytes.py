"""The fast sieve: products of vectors rounded to bytes, with a bound on the rounding error.

A vector v, taken relative to a centre, becomes s * c + e: a scale s, a code c of small integers, and a remainder e.
For a query and a reference

    q.r  <=  s_q s_r (c_q . c_r) + |e_q| |r| + |s_q c_q| |e_r|          (Cauchy-Schwarz)

and their squared distance is |q|^2 + |r|^2 - 2 q.r. A distance within a limit therefore needs a product of codes
above a threshold. A pair whose product is not above it is certainly too far apart; all others are checked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.search.sieve._compiled import compiled, compiled_in_any_order
from copytrace.search.sieve._llvm import lowest_bit
from copytrace.search.sieve._products import DEPTH, LINE, PANEL, WIDE, over_narrow, over_wide

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import ByteArray, FloatArray, IndexArray
    from copytrace.search.sieve._products import Product

_WIDE_BITS = WIDE.bits
_NOTHING = 1e-100
"""A shorter vector is all error, with a code of zeros, so that nothing underflows."""
_ROUNDING = 1e-13
"""An upper bound on the float64 rounding of a bound's terms, relative to |q|^2 + |r|^2."""
_TINY_SQUARE = 1e-300
"""An upper bound on what is lost in squares too small for float64."""


@dataclass(frozen=True)
class Codes:
    """Vectors as scaled codes of small integers.

    Attributes:
        code: (n, d) int8, d padded with zeros to a multiple of DEPTH.
        scale: (n,) s.
        length: (n,) |s c|.
        error: (n,) |e|.
    """

    code: npt.NDArray[np.int8]
    scale: FloatArray
    length: FloatArray
    error: FloatArray


def measure(
    rows: npt.NDArray[Any], centre: FloatArray, largest: int, longest: float
) -> tuple[FloatArray, FloatArray]:
    """Measure the (n, d) rows relative to the (d,) centre.

    Returns:
        (n,) half of each squared length, and (n,) the smallest scale with which its code has integers of at most
        `largest` and is at most `longest` before rounding; 0 for vectors of almost no length.
    """
    half_square, scale = np.empty((2, len(rows)))
    _measure(rows, centre, largest, longest, half_square, scale)
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
    rows: npt.NDArray[Any],
    centre: FloatArray,
    largest: int,
    longest: float,
    half_square: FloatArray,
    scale: FloatArray,
) -> None:
    for row in range(len(rows)):
        squared = 0.0
        biggest = 0.0
        for dim in range(len(centre)):
            value = np.float64(rows[row, dim]) - centre[dim]
            squared += value * value
            biggest = max(biggest, abs(value))
        half_square[row] = squared / 2
        needed = max(np.sqrt(squared) / longest, biggest / largest)
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
    """Queries in the layout of the product.

    Attributes:
        product: the product that multiplies them.
        groups: (groups, d * group) uint8: for each DEPTH dimensions in turn, a group of queries' codes + 128.
        bound: (4, n) |q|^2 / 2, |e_q|, |s_q c_q| and 1 / s_q.
    """

    product: Product
    groups: ByteArray
    bound: FloatArray


@dataclass(frozen=True)
class ReferenceCodes:
    """References in the layout of the product.

    Attributes:
        panels: (panels + p, d * PANEL + LINE) int8: the start values of the sums, then for each DEPTH dimensions in
            turn PANEL references' codes; the last p are empty, so that several can be compared at once.
        bound: (panels, 5) the smallest and the largest |r|^2 / 2, the largest |r|, the largest |e_r|, and 1 / s_r,
            which is the same for the whole panel.
    """

    panels: npt.NDArray[np.int8]
    bound: FloatArray


def prepare_queries(rows: npt.NDArray[Any], centre: FloatArray, product: Product) -> QueryCodes:
    """Encode the (n, d) rows, relative to the (d,) centre, and lay them out for the product."""
    half_square, scale = measure(rows, centre, product.query_largest, product.longest(len(centre)))
    codes = encode(rows, centre, np.where(scale > 0, scale, 1.0))
    count, dims = codes.code.shape
    groups = -(-count // product.group)
    stored = np.full((groups * product.group, dims), 128, np.uint8)
    stored[:count] = codes.code.view(np.uint8) ^ 128
    packed = _aligned((groups, dims * product.group), np.uint8)
    _deal_out(stored, product.group, packed)
    return QueryCodes(product, packed, np.stack([half_square, codes.error, codes.length, 1 / codes.scale]))


def prepare_references(
    rows: npt.NDArray[Any], centre: FloatArray, product: Product
) -> tuple[IndexArray, npt.NDArray[Any], ReferenceCodes]:
    """Sort the (n, d) rows by length, and encode them as `encode_references` does.

    A panel has one bound for all its references, so applying it costs next to nothing; it rules out most if their
    lengths are similar.

    Returns:
        The (n,) order, the rows in that order, and their codes.
    """
    half_square, scale = measure(rows, centre, product.reference_largest, product.longest(len(centre)))
    order = np.argsort(half_square)
    rows = rows[order]
    return order, rows, _encode_panels(rows, centre, product, half_square[order], scale[order])


def encode_references(rows: npt.NDArray[Any], centre: FloatArray, product: Product) -> ReferenceCodes:
    """Encode the (n, d) rows relative to the (d,) centre, in their order, and lay them out for the product."""
    half_square, scale = measure(rows, centre, product.reference_largest, product.longest(len(centre)))
    return _encode_panels(rows, centre, product, half_square, scale)


def panels_of(count: int, dims: int, product: Product) -> tuple[int, int]:
    """The shape of the panels of `count` references of `dims` dimensions."""
    return -(-count // PANEL) + product.panels - 1, -(-dims // DEPTH) * DEPTH * PANEL + LINE


def _encode_panels(
    rows: npt.NDArray[Any], centre: FloatArray, product: Product, half_square: FloatArray, scale: FloatArray
) -> ReferenceCodes:
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
    return ReferenceCodes(_pack_references(codes.code, product), np.stack(bound, axis=1))


def _pack_references(code: npt.NDArray[np.int8], product: Product) -> npt.NDArray[np.int8]:
    count, dims = code.shape
    panels, size = panels_of(count, dims, product)
    stored = np.zeros((panels * PANEL, dims), np.int8)
    stored[:count] = code
    # Where there is no reference, the sum stays at the smallest number, which exceeds no threshold.
    start = np.full(panels * PANEL, -product.most, np.int32)
    start[:count] = -128 * code.sum(axis=1, dtype=np.int64)
    if product.bits != _WIDE_BITS:
        # A reference has two 16-bit sums, each over every other two dimensions; the first one gets the start value.
        start &= 0xFFFF
    packed = _aligned((panels, size), np.int8)
    packed[:, :LINE] = start.reshape(panels, -1).view(np.int8)
    _deal_out(stored, PANEL, packed[:, LINE:])
    return packed


def _deal_out(stored: npt.NDArray[Any], size: int, packed: npt.NDArray[Any]) -> None:
    """Store DEPTH dimensions of `size` vectors next to each other, then the next DEPTH of the same vectors."""
    together = stored.view(np.int32).reshape(len(packed), size, -1).swapaxes(1, 2)
    packed.view(np.int32)[:] = together.reshape(len(packed), -1)


def _aligned(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array of bytes aligned to cache lines, so that no register is loaded from two lines."""
    size = int(np.prod(shape))
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def sift(
    queries: QueryCodes,
    references: ReferenceCodes,
    limit_distance: FloatArray,
    first_panel: int,
    candidates: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Find the pairs that may be within their query's limit, panel by panel.

    Args:
        queries: a queries.
        references: references encoded for the same product.
        limit_distance: (a,) the largest squared distance that counts for each query.
        first_panel: the panel to start with.
        candidates: (c, 2) receives pairs of a query and a reference.

    Returns:
        The number found, and the panel to continue with: the first that might not fit in `candidates`.
    """
    product = queries.product
    count, panel = _sift(
        product.bits,
        product.most,
        product.group,
        product.panels,
        queries.groups,
        queries.bound,
        references.panels,
        references.bound,
        limit_distance,
        first_panel,
        candidates,
    )
    return count, panel


@compiled
def _sift(  # pragma: no cover - compiled
    bits: int,
    most: int,
    group_size: int,
    at_once: int,
    groups: ByteArray,
    query_bound: FloatArray,
    panels: npt.NDArray[np.int8],
    reference_bound: FloatArray,
    limit_distance: FloatArray,
    first_panel: int,
    candidates: npt.NDArray[np.int32],
) -> tuple[int, int]:
    rows = len(groups) * group_size
    # No product exceeds the largest threshold, and all exceed the smallest.
    threshold = np.full((at_once, rows), most - 1, np.int32)
    masks = np.zeros((at_once, group_size), np.uint16)
    steps = panels.shape[1] // LINE - 1
    count = 0
    panel = first_panel
    while panel < len(reference_bound) and count + at_once * PANEL * rows <= len(candidates):
        for number in range(at_once):
            # The last panel may be followed by an empty one, which exceeds no threshold, whatever is stored there.
            if panel + number < len(reference_bound):
                _set_thresholds(
                    query_bound, reference_bound[panel + number], limit_distance, most, threshold[number]
                )
        panel_address = panels.ctypes.data + panel * panels.shape[1]
        for group in range(len(groups)):
            where = (
                groups.ctypes.data + group * groups.shape[1],
                panel_address,
                panels.shape[1],
                threshold.ctypes.data + group * group_size * 4,
                rows * 4,
                steps,
                masks.ctypes.data,
            )
            over = over_wide(*where) if bits == _WIDE_BITS else over_narrow(*where)
            if over:
                count = _note(masks, group * group_size, panel, candidates, count)
        panel = min(panel + at_once, len(reference_bound))
    return count, panel


@compiled
def _set_thresholds(  # pragma: no cover - compiled
    query_bound: FloatArray,
    reference_bound: FloatArray,
    limit_distance: FloatArray,
    most: int,
    threshold: npt.NDArray[np.int32],
) -> None:
    """The thresholds that products of each query's code and a panel's must exceed."""
    half_smallest, half_largest, length, error, per_scale = reference_bound
    for q in range(len(limit_distance)):
        # The least q.r, minus the two errors; then in units of the codes, rounded down.
        needed = query_bound[0, q] + half_smallest - (0.5 + 1e-12) * limit_distance[q]
        needed -= query_bound[1, q] * length + query_bound[2, q] * error
        needed -= _ROUNDING * (query_bound[0, q] + half_largest) + _TINY_SQUARE
        needed *= query_bound[3, q] * per_scale
        threshold[q] = np.int32(min(max(np.floor(needed) - 1, -float(most)), most - 1.0))


@compiled
def _note(  # pragma: no cover - compiled
    masks: npt.NDArray[np.uint16],
    first_query: int,
    first_panel: int,
    candidates: npt.NDArray[np.int32],
    count: int,
) -> int:
    """Append the pairs whose bits are set to the candidates; return the new number of candidates."""
    for number in range(masks.shape[0]):
        for row in range(masks.shape[1]):
            over = np.uint64(masks[number, row])
            while over:
                candidates[count, 0] = first_query + row
                candidates[count, 1] = (first_panel + number) * PANEL + np.int64(lowest_bit(over))
                over &= over - np.uint64(1)
                count += 1
    return count
