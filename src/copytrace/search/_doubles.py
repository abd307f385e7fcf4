"""The last word on a pair: its distance in float64, summed in a fixed order.

A distance is summed over the dimensions from the first to the last, without fused operations, as in
`exact.py`: it is the same to the last bit whichever of the two kernels computes it, and on whatever machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba.core import types

from copytrace.search._compiled import compiled, compiled_in_any_order
from copytrace.search._llvm import DOUBLE, everywhere, in_llvm, load, long, repeat, store

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import FloatArray, IndexArray

PANEL = 16
"""References that are compared at once."""

_ROUNDING = 2e-5
"""More than the rounding of a sum of 256 squares of float32 in any order, relative to it: 260 * 2**-24."""
_TINY = 1e-35
"""More than what squares too small for a float32 can add to such a sum."""
_HUGE = 1e37
"""Such a sum may overflow where this is within the limit."""


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
        names: (b,) the references' rows in the whole set, which decide between equal distances.
        limit_distance: (a,) the largest distance that is wanted; at exactly this one,
        limit_reference: (a,) the largest reference that is wanted.
        candidates: (c, 2) pairs of a row of `query` and a row of `reference`; the first
        candidate_count: of them are looked at.
        found: (c, 2) takes the row of `query` and the name of the reference.
        found_distance: (c,) takes the distances.

    Returns:
        How many were found.
    """
    count = 0
    for candidate in range(candidate_count):
        q = candidates[candidate, 0]
        r = candidates[candidate, 1]
        limit = limit_distance[q]
        if limit < _HUGE and _about(query, q, reference, r) > limit * (1 + _ROUNDING) + _TINY:
            continue
        distance = 0.0
        for dim in range(query.shape[1]):
            difference = np.float64(query[q, dim]) - np.float64(reference[r, dim])
            distance += difference * difference
        if distance < limit or (distance == limit and names[r] <= limit_reference[q]):
            found[count, 0] = q
            found[count, 1] = names[r]
            found_distance[count] = distance
            count += 1
    return count


@in_llvm
def _distances(_typing: Any, _query: Any, _panel: Any, _dims: Any, _out: Any) -> Any:
    """Distances of a query (d float64) to a panel (d, PANEL), stored in PANEL float64; all are addresses.

    Each lane is a reference and sums its own distance in order.
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
    """Compute all distances, panel by panel, until all are done or the next panel might not fit in `found`.

    The arguments are those of `settle`. Where nothing can be told apart cheaply this is the cheapest way.

    Returns:
        How many were found, and the panel to go on with.
    """
    dims = query.shape[1]
    rows = np.empty((len(query), dims), np.float64)
    rows[:] = query
    turned = np.zeros((dims, PANEL), np.float64)
    distance = np.empty(PANEL, np.float64)
    count = 0
    panel = first_panel
    while panel * PANEL < len(reference) and count + PANEL * len(query) <= len(found):
        start = panel * PANEL
        width = min(PANEL, len(reference) - start)
        for lane in range(width):
            for dim in range(dims):
                turned[dim, lane] = reference[start + lane, dim]
        for q in range(len(query)):
            limit = limit_distance[q]
            if limit < 0:
                continue
            _distances(rows.ctypes.data + q * dims * 8, turned.ctypes.data, dims, distance.ctypes.data)
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
