"""The last word on a pair: its distance in float64, summed in a fixed order.

A distance is summed over the dimensions from the first to the last, without fused operations, as in `exact.py`;
it is the same to the last bit whichever of the two kernels computes it, and on whatever machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from copytrace.search._compiled import compiled, compiled_in_any_order

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import FloatArray, IndexArray

PANEL = 16
"""References that are compared at once."""

_ROUNDING = 1e-12
"""More than the rounding of a sum of squares, in any order, relative to it."""


@compiled_in_any_order
def _about(query: npt.NDArray[Any], reference: npt.NDArray[Any]) -> float:  # pragma: no cover - compiled
    total = 0.0
    for dim in range(len(query)):
        difference = np.float64(query[dim]) - np.float64(reference[dim])
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
        if _about(query[q], reference[r]) > limit * (1 + _ROUNDING):
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


@intrinsic  # type: ignore[untyped-decorator]
def _distances(
    _typing: Any,  # noqa: ANN401 - numba's own protocol
    _query: Any,  # noqa: ANN401 - the same
    _panel: Any,  # noqa: ANN401 - the same
    _dims: Any,  # noqa: ANN401 - the same
    _out: Any,  # noqa: ANN401 - the same
) -> Any:  # noqa: ANN401 - the same
    """Distances of a query at an address (d float64) to a panel at an address (d, 16), stored at an address.

    Written for vectors of 16 doubles, whatever registers the CPU has: loops over a small array are not kept in
    registers. Each lane is one reference and sums its own distance in order.
    """
    address = types.intp

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> None:  # noqa: ANN401
        double, integer = ir.DoubleType(), ir.IntType(64)
        lanes = ir.VectorType(double, PANEL)
        query, panel, dims, out = arguments
        query = builder.inttoptr(query, double.as_pointer())
        panel = builder.inttoptr(panel, lanes.as_pointer())
        out = builder.inttoptr(out, lanes.as_pointer())
        before = builder.block
        loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
        builder.branch(loop)
        builder.position_at_end(loop)
        dim, total = builder.phi(integer), builder.phi(lanes)
        value = builder.load(builder.gep(query, [dim]))
        value = builder.insert_element(ir.Constant(lanes, ir.Undefined), value, ir.Constant(integer, 0))
        value = builder.shuffle_vector(
            value, ir.Constant(lanes, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), PANEL), [0] * PANEL)
        )
        reference = builder.load(builder.gep(panel, [dim]), align=8)
        difference = builder.fsub(value, reference)
        next_total = builder.fadd(total, builder.fmul(difference, difference))
        next_dim = builder.add(dim, ir.Constant(integer, 1))
        dim.add_incoming(ir.Constant(integer, 0), before)
        dim.add_incoming(next_dim, loop)
        total.add_incoming(ir.Constant(lanes, [0.0] * PANEL), before)
        total.add_incoming(next_total, loop)
        builder.cbranch(builder.icmp_signed("<", next_dim, dims), loop, after)
        builder.position_at_end(after)
        builder.store(next_total, out, align=8)

    return types.void(address, address, address, address), build


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
