"""A few LLVM building blocks for the innermost loops, which Python cannot express.

Python has no notion of a register of numbers, and a compiler keeps a small array in registers only if it can prove
that nothing else uses it. A kernel built from these blocks is a function of addresses and numbers.

Compiled functions are cached until their own file changes: after editing this file, touch theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BIT, BYTE, SHORT, INTEGER, LONG = (ir.IntType(bits) for bits in (1, 8, 16, 32, 64))
SINGLE, DOUBLE = ir.FloatType(), ir.DoubleType()


def in_llvm(function: Callable[..., Any]) -> Any:
    """Make a function that returns a signature and a builder callable from compiled functions."""
    return intrinsic(function)


def long(value: int) -> ir.Constant:  # pragma: no cover - compiled
    """A constant known when the kernel is built."""
    return ir.Constant(LONG, value)


def load(
    builder: ir.IRBuilder, address: ir.Value, offset: ir.Value, kind: ir.Type
) -> ir.Value:  # pragma: no cover - compiled
    """Load a number or a register from an address plus an offset in bytes, with any alignment."""
    place = builder.inttoptr(builder.add(address, offset), kind.as_pointer())
    return builder.load(place, align=1)


def store(builder: ir.IRBuilder, value: ir.Value, address: ir.Value) -> None:  # pragma: no cover - compiled
    """Store a number or a register at an address, with any alignment."""
    builder.store(value, builder.inttoptr(address, value.type.as_pointer()), align=1)


def everywhere(builder: ir.IRBuilder, value: ir.Value, lanes: int) -> ir.Value:  # pragma: no cover - compiled
    """A register with the same number in all its lanes."""
    nowhere = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    first = builder.insert_element(nowhere, value, ir.Constant(INTEGER, 0))
    return builder.shuffle_vector(first, nowhere, ir.Constant(ir.VectorType(INTEGER, lanes), [0] * lanes))


def repeat(  # pragma: no cover - compiled
    builder: ir.IRBuilder,
    times: ir.Value,
    start: Sequence[ir.Value],
    body: Callable[[ir.Value, list[ir.Value]], list[ir.Value]],
) -> list[ir.Value]:
    """Build a loop that runs at least once and carries values from one iteration to the next.

    Args:
        builder: positioned where the loop starts, and afterwards where it has ended.
        times: number of iterations.
        start: the values for the first iteration.
        body: builds an iteration from its number and values; returns the values for the next.

    Returns:
        The values that the last iteration returned.
    """
    before = builder.block
    loop, after = builder.append_basic_block("loop"), builder.append_basic_block("after")
    builder.branch(loop)
    builder.position_at_end(loop)
    turn = builder.phi(LONG)
    carried = [builder.phi(value.type) for value in start]
    given = body(turn, carried)
    next_turn = builder.add(turn, long(1))
    for phi, first, later in zip([turn, *carried], [long(0), *start], [next_turn, *given], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(later, builder.block)
    builder.cbranch(builder.icmp_signed("<", next_turn, times), loop, after)
    builder.position_at_end(after)
    return given


@in_llvm
def lowest_bit(_typing: Any, _bits: Any) -> Any:  # pragma: no cover - compiled
    """The index of the lowest set bit of a uint64; for use in compiled functions."""

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> ir.Value:
        return builder.cttz(arguments[0], ir.Constant(BIT, 1))

    return types.uint64(types.uint64), build
