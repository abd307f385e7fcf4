"""Many products of codes at once: finds those above their thresholds with the fastest instructions available.

A query's code is stored as c + 128, in 1 to 255, and a reference's unchanged; the instructions multiply unsigned by
signed bytes. The 128 added to queries adds 128 * sum(c_r) to a product; the sums start at minus that number.

**Narrow** products, for CPUs with AVX2, use the instruction `vpmaddubsw` and a 16-bit addition for each 32
multiplications: four times the rate of a float32 product with AVX2. Two rules keep them exact:

- The instruction adds two neighbouring products and *saturates* at 16 bits. References are in -63 to 63:
  2 * 255 * 63 = 32130 < 32767.
- The sums wrap around at 16 bits, so they are correct modulo 2^16. No code is longer than sqrt(32767), so the true
  product fits in 16 bits and is the only number the sum can represent.

**Wide** products, for CPUs with AVX-512 VNNI, use the instruction `vpdpbusd` for each 64 multiplications: up to six
times the rate of a float32 product with AVX-512. Its sums have 32 bits, so codes use their full range, and the
rounding error is a quarter of that of narrow products.
"""

from __future__ import annotations

import math
import platform
from dataclasses import dataclass
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import config, types

from copytrace.search.sieve._llvm import (
    BYTE,
    INTEGER,
    LONG,
    SHORT,
    everywhere,
    in_llvm,
    load,
    long,
    repeat,
    store,
)

PANEL = 16
"""References per panel; a cache line has DEPTH dimensions of each."""
DEPTH = 4
"""Dimensions stored together, so that a 32-bit load brings them to all lanes of a register."""
LINE = DEPTH * PANEL
"""Bytes per cache line."""
_LANES = 8
"""32-bit numbers per AVX2 register."""


@dataclass(frozen=True)
class Product:
    """A way to multiply codes.

    Attributes:
        feature: LLVM's name for the instructions.
        bits: bits per sum, 16 or 32.
        query_largest: the largest number in a query's code.
        reference_largest: the largest number in a reference's code.
        most: all products are below this number and not below its negative.
        group: queries compared at once.
        panels: panels compared at once.
    """

    feature: str
    bits: int
    query_largest: int
    reference_largest: int
    most: int
    group: int
    panels: int

    def longest(self, dims: int) -> float:
        """The longest code before rounding with which no product reaches `most` (Cauchy-Schwarz).

        Rounding adds at most sqrt(dims) / 2. If the code has no other length, less than 0.5 gives codes of zeros.
        """
        return max(math.sqrt(self.most - 1) - math.sqrt(dims) / 2, 0.49)

    def available(self) -> bool:
        """Whether this machine has the instructions, and numba compiles for it."""
        return (
            platform.machine() in {"x86_64", "AMD64"}
            and bool(llvmlite.binding.get_host_cpu_features().get(self.feature))
            and getattr(config, "CPU_NAME", None) is None
            and getattr(config, "CPU_FEATURES", None) is None
        )


NARROW = Product("avx2", 16, 127, 63, most=1 << 15, group=4, panels=1)
WIDE = Product("avx512vnni", 32, 127, 127, most=1 << 30, group=12, panels=2)


def quickest() -> Product | None:
    """The fastest products that this machine supports."""
    for product in (WIDE, NARROW):
        if product.available():
            return product
    return None


@in_llvm
def over_narrow(  # pragma: no cover - compiled
    _typing: Any,
    _group: Any,
    _panel: Any,
    _panel_bytes: Any,
    _threshold: Any,
    _row: Any,
    _steps: Any,
    _masks: Any,
) -> Any:
    """Which narrow products of a group and a panel exceed their query's threshold; see `_signature`."""
    registers = range(LINE // (4 * _LANES))
    bytes_, shorts = ir.VectorType(BYTE, 4 * _LANES), ir.VectorType(SHORT, 2 * _LANES)
    integers = ir.VectorType(INTEGER, _LANES)

    def build(_context: Any, builder: ir.IRBuilder, _given: Any, arguments: Any) -> ir.Value:
        group, panel, _, threshold, _, steps, masks = arguments
        multiply_add = builder.module.declare_intrinsic(
            "llvm.x86.avx2.pmadd.ub.sw", (), ir.FunctionType(shorts, [bytes_, bytes_])
        )

        def add_products(step: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
            references = _lines(builder, panel, builder.add(step, long(1)), bytes_, len(registers))
            given = []
            for row in range(NARROW.group):
                query = builder.bitcast(_query(builder, group, step, row, NARROW.group, _LANES), bytes_)
                for half in registers:
                    products = builder.call(multiply_add, [query, references[half]])
                    given.append(builder.add(sums[len(registers) * row + half], products))
            return given

        starts = _lines(builder, panel, long(0), shorts, len(registers))
        sums = repeat(builder, steps, starts * NARROW.group, add_products)
        sixteen = ir.Constant(integers, [16] * _LANES)
        over = long(0)
        for row in range(NARROW.group):
            least = everywhere(builder, load(builder, threshold, long(row * 4), INTEGER), _LANES)
            for half in registers:
                # The two sums of a reference are added in the upper half of its lane, then shifted down.
                pair = builder.bitcast(sums[len(registers) * row + half], integers)
                product = builder.ashr(builder.add(pair, builder.shl(pair, sixteen)), sixteen)
                bits = builder.bitcast(builder.icmp_signed(">", product, least), BYTE)
                places = long(row * PANEL + half * _LANES)
                over = builder.or_(over, builder.shl(builder.zext(bits, LONG), places))
        store(builder, over, masks)
        return over

    return _signature(), build


@in_llvm
def over_wide(  # pragma: no cover - compiled
    _typing: Any,
    _group: Any,
    _panel: Any,
    _panel_bytes: Any,
    _threshold: Any,
    _row: Any,
    _steps: Any,
    _masks: Any,
) -> Any:
    """Which wide products of a group and two panels exceed their thresholds; see `_signature`."""
    integers = ir.VectorType(INTEGER, PANEL)

    def build(_context: Any, builder: ir.IRBuilder, _given: Any, arguments: Any) -> ir.Value:
        if not WIDE.available():
            # It is compiled with the function that chooses, and is not called.
            return long(0)
        group, panel, panel_bytes, threshold, row_bytes, steps, masks = arguments
        add_dot = builder.module.declare_intrinsic(
            "llvm.x86.avx512.vpdpbusd.512", (), ir.FunctionType(integers, [integers] * 3)
        )
        panels = [panel, builder.add(panel, panel_bytes)]

        def add_products(step: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
            behind_start = builder.add(step, long(1))
            references = [_lines(builder, each, behind_start, integers, 1)[0] for each in panels]
            given = []
            for row in range(WIDE.group):
                query = _query(builder, group, step, row, WIDE.group, PANEL)
                for number, reference in enumerate(references):
                    total = sums[len(panels) * row + number]
                    given.append(builder.call(add_dot, [total, query, reference]))
            return given

        starts = [_lines(builder, each, long(0), integers, 1)[0] for each in panels]
        sums = repeat(builder, steps, starts * WIDE.group, add_products)
        over = long(0)
        for row in range(WIDE.group):
            for number in range(len(panels)):
                place = builder.add(long(row * 4), builder.mul(long(number), row_bytes))
                least = everywhere(builder, load(builder, threshold, place, INTEGER), PANEL)
                bits = builder.icmp_signed(">", sums[len(panels) * row + number], least)
                mask = builder.bitcast(bits, SHORT)
                store(builder, mask, builder.add(masks, long(2 * (WIDE.group * number + row))))
                over = builder.or_(over, builder.zext(mask, LONG))
        return over

    return _signature(), build


def _signature() -> Any:  # pragma: no cover - while compiling
    """The arguments and the result of a kernel.

    It takes the addresses of a group and of the first panel; the bytes per panel; the address of the queries'
    thresholds for the first panel, and the offset in bytes to the next panel's; steps of DEPTH dimensions; and an
    address for masks. A mask has 16 bits, one per reference, the lowest for the first; the masks of a panel's queries
    are stored together.

    It returns 0 if no product exceeds its threshold.
    """
    return types.uint64(*[types.intp] * 7)


def _lines(
    builder: ir.IRBuilder, panel: ir.Value, number: ir.Value, kind: ir.Type, registers: int
) -> list[ir.Value]:  # pragma: no cover - compiled
    """A line of a panel, in the given number of registers."""
    start = builder.mul(number, long(LINE))
    return [
        load(builder, panel, builder.add(start, long(part * LINE // registers)), kind)
        for part in range(registers)
    ]


def _query(
    builder: ir.IRBuilder, group: ir.Value, step: ir.Value, row: int, size: int, lanes: int
) -> ir.Value:  # pragma: no cover - compiled
    """DEPTH dimensions of a query of a group, in all lanes of a register."""
    place = builder.add(builder.mul(step, long(size * DEPTH)), long(row * DEPTH))
    return everywhere(builder, load(builder, group, place, INTEGER), lanes)
