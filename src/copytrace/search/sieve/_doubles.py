"""The final decision on a pair: its distance in float64, summed in a fixed order.

A distance is summed over the dimensions from first to last, without fused operations, as in `plain.py`. It is the
same to the last bit in both kernels and on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba.core import types

from copytrace.search.sieve._compiled import compiled, compiled_in_any_order
from copytrace.search.sieve._llvm import DOUBLE, everywhere, in_llvm, load, long, repeat, store

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import FloatArray, IndexArray

PANEL = 16
"""References compared at once."""

AT_ONCE = 16
"""Panels after which to check whether a sieve would be faster."""
TOGETHER = 4
"""Pairs whose distances are summed in parallel."""
_ROUNDING = 2e-5
"""An upper bound on the relative rounding error of a sum of 256 float32 squares in any order: 260 * 2**-24."""
_TINY = 1e-35
"""An upper bound on what squares too small for float32 can add to such a sum."""
_HUGE = 1e37
"""If this is within the limit, such a sum may overflow."""


@compiled_in_any_order
def _about(  # pragma: no cover - compiled
    query: npt.NDArray[Any], q: int, reference: npt.NDArray[Any], r: int
) -> float:
    """The distance of two rows, in the arrays' own precision."""
    total: float = query[q, 0] - query[q, 0]
    for dim in range(query.shape[1]):
        difference = query[q, dim] - reference[r, dim]
        total += difference * difference
    return total


@compiled
def _sum_up(  # pragma: no cover - compiled
    query: npt.NDArray[Any], reference: npt.NDArray[Any], pair: IndexArray, distance: FloatArray
) -> None:
    """The distances of a few pairs of rows, summed in parallel, since each sum must wait for its last addition."""
    (q0, r0), (q1, r1), (q2, r2), (q3, r3) = pair[0], pair[1], pair[2], pair[3]
    total0 = total1 = total2 = total3 = 0.0
    for dim in range(query.shape[1]):
        difference0 = np.float64(query[q0, dim]) - np.float64(reference[r0, dim])
        difference1 = np.float64(query[q1, dim]) - np.float64(reference[r1, dim])
        difference2 = np.float64(query[q2, dim]) - np.float64(reference[r2, dim])
        difference3 = np.float64(query[q3, dim]) - np.float64(reference[r3, dim])
        total0 += difference0 * difference0
        total1 += difference1 * difference1
        total2 += difference2 * difference2
        total3 += difference3 * difference3
    distance[0], distance[1], distance[2], distance[3] = total0, total1, total2, total3


@compiled
def settle(  # pragma: no cover - compiled
    query: npt.NDArray[Any],
    reference: npt.NDArray[Any],
    names: IndexArray,
    limit_distance: FloatArray,
    limit_reference: IndexArray,
    candidates: npt.NDArray[np.int32],
    candidate_count: int,
    found: npt.NDArray[np.int64],
    found_distance: FloatArray,
) -> int:
    """Keep the candidates that are within their query's limit.

    Args:
        query: (a, d) float32 or float64.
        reference: (b, d) of the same type.
        names: (b,) the references' row numbers in the whole set, which decide between equal distances.
        limit_distance: (a,) the largest distance that counts.
        limit_reference: (a,) the largest reference that counts at exactly that distance.
        candidates: (c, 2) pairs of a row of `query` and a row of `reference`.
        candidate_count: the number of candidates to check, from the first.
        found: (c, 2) receives the row of `query` and the name of the reference.
        found_distance: (c,) receives the distances.

    Returns:
        The number found.
    """
    count = 0
    waiting = 0
    pair = np.zeros((TOGETHER, 2), np.int64)
    distance = np.empty(TOGETHER, np.float64)
    for candidate in range(candidate_count):
        q = candidates[candidate, 0]
        r = candidates[candidate, 1]
        limit = limit_distance[q]
        if limit >= _HUGE or _about(query, q, reference, r) <= limit * (1 + _ROUNDING) + _TINY:
            pair[waiting, 0] = q
            pair[waiting, 1] = r
            waiting += 1
        if waiting == TOGETHER or candidate == candidate_count - 1:
            _sum_up(query, reference, pair, distance)
            for lane in range(waiting):
                q, r = pair[lane]
                if distance[lane] < limit_distance[q] or (
                    distance[lane] == limit_distance[q] and names[r] <= limit_reference[q]
                ):
                    found[count, 0] = q
                    found[count, 1] = names[r]
                    found_distance[count] = distance[lane]
                    count += 1
            waiting = 0
    return count


@in_llvm
def _distances(
    _typing: Any, _query: Any, _panel: Any, _dims: Any, _out: Any
) -> Any:  # pragma: no cover - compiled
    """Store the distances of a query (d float64) to a panel (d, PANEL) in PANEL float64; all are addresses.

    Each lane is a reference, whose distance is summed in order.
    """
    lanes = ir.VectorType(DOUBLE, PANEL)

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> None:
        query, panel, dims, out = arguments

        def add_square(dim: ir.Value, total: list[ir.Value]) -> list[ir.Value]:
            value = everywhere(builder, load(builder, query, builder.mul(dim, long(8)), DOUBLE), PANEL)
            reference = load(builder, panel, builder.mul(dim, long(8 * PANEL)), lanes)
            difference = builder.fsub(value, reference)
            return [builder.fadd(total[0], builder.fmul(difference, difference))]

        [total] = repeat(builder, dims, [ir.Constant(lanes, [0.0] * PANEL)], add_square)
        store(builder, total, out)

    return types.void(types.intp, types.intp, types.intp, types.intp), build


@compiled
def _same(rows: FloatArray, one: int, other: int) -> bool:  # pragma: no cover - compiled
    for dim in range(rows.shape[1]):  # noqa: SIM110 - numba compiles loops, not generators
        if rows[one, dim] != rows[other, dim]:
            return False
    return True


@compiled
def exhaust(  # pragma: no cover - compiled
    query: npt.NDArray[Any],
    reference: npt.NDArray[Any],
    names: IndexArray,
    limit_distance: FloatArray,
    limit_reference: IndexArray,
    first_panel: int,
    found: npt.NDArray[np.int64],
    found_distance: FloatArray,
) -> tuple[int, int]:
    """Compute all distances of a few panels, or of fewer if the next panel might not fit in `found`.

    The arguments are those of `settle`. If pairs cannot be discarded cheaply, this is the fastest method.

    Returns:
        The number found, and the panel to continue with.
    """
    dims = query.shape[1]
    rows = np.empty((len(query), dims), np.float64)
    rows[:] = query
    turned = np.zeros((dims, PANEL), np.float64)
    distance = np.empty(PANEL, np.float64)
    count = 0
    panel = first_panel
    stop = min(first_panel + AT_ONCE, (len(reference) + PANEL - 1) // PANEL)
    while panel < stop and count + PANEL * len(query) <= len(found):
        start = panel * PANEL
        width = min(PANEL, len(reference) - start)
        for lane in range(width):
            for dim in range(dims):
                turned[dim, lane] = reference[start + lane, dim]
        last = -1
        for q in range(len(query)):
            limit = limit_distance[q]
            if limit < 0:
                continue
            # A query that repeats the previous one has the same distances.
            if last < 0 or not _same(rows, q, last):
                _distances(rows.ctypes.data + q * dims * 8, turned.ctypes.data, dims, distance.ctypes.data)
                last = q
            for lane in range(width):
                if distance[lane] > limit:
                    continue
                name = names[start + lane]
                if distance[lane] < limit or name <= limit_reference[q]:
                    found[count, 0] = q
                    found[count, 1] = name
                    found_distance[count] = distance[lane]
                    count += 1
        panel += 1
    return count, panel
