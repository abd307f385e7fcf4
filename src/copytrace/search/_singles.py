"""The sieve for every machine and most data: the float32 product, with a bound on its rounding.

Vectors are taken relative to a centre and scaled by a power of two, so that nothing overflows. The product of
two such vectors of float32 differs from the true one by at most (d + 8) * 2**-24 of their lengths' product:
2**-24 of each for rounding the values to float32, and d of it for the sum, in whatever order it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.search._compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import Float32Array, FloatArray

PANEL = 16
"""References that are compared at once."""
AT_ONCE = 32 * PANEL
"""References whose products are made at once: with a thousand queries they stay in the cache."""
_ROUNDING = 1e-13
"""More than the float64 rounding of all that a bound is made of, relative to |q|^2 + |r|^2."""
_TINY_PRODUCT = 1e-30
"""More than what values too small for a float32 add to a product of vectors of length 1."""
_TINY_SQUARE = 1e-300
"""More than what is lost in squares too small for a float64."""


@dataclass(frozen=True)
class Singles:
    """Vectors relative to a centre, as float32.

    Attributes:
        value: (n, d) float32, of a length of at most 1.
        exponent: the vectors are 2 ** exponent times the values.
        half_square: (n,) half of the squared length of the vector.
        length: (n,) the length of the vector.
    """

    value: Float32Array
    exponent: int
    half_square: FloatArray
    length: FloatArray


def scale(rows: npt.NDArray[Any], centre: FloatArray) -> Singles:
    """Bring the (n, d) rows, relative to the (d,) centre, into the middle of float32's range."""
    value = rows.astype(np.float64) - centre
    half_square = np.einsum("nd,nd->n", value, value) / 2
    length = np.sqrt(2 * half_square)
    _, exponent = np.frexp(length.max())
    return Singles(np.ldexp(value, -int(exponent)).astype(np.float32), int(exponent), half_square, length)


def sift(
    query: Singles,
    reference: Singles,
    limit_distance: FloatArray,
    first_panel: int,
    candidates: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Find the pairs that may be within their query's limit, panel by panel.

    Args:
        query: a queries.
        reference: b references.
        limit_distance: (a,) the largest squared distance that is wanted of each query.
        first_panel: where to begin.
        candidates: (c, 2) takes pairs of a query and a reference.

    Returns:
        How many were found, and the panel to go on with: the first that might not fit in `candidates`, or the
        first that was not multiplied.
    """
    dims = query.value.shape[1]
    start = first_panel * PANEL
    stop = start + AT_ONCE
    count, panels = _over(
        query.value @ reference.value[start:stop].T,
        query.half_square * (1 - _ROUNDING) - limit_distance * (0.5 + 1e-12) - _TINY_SQUARE,
        reference.half_square[start:stop] * (1 - _ROUNDING),
        query.length * (dims + 8) * 2.0**-24,
        reference.length[start:stop],
        2.0 ** (query.exponent + reference.exponent),
        start,
        candidates,
    )
    return count, first_panel + panels


@compiled
def _over(  # pragma: no cover - compiled
    product: Float32Array,
    query_need: FloatArray,
    reference_need: FloatArray,
    query_slack: FloatArray,
    reference_length: FloatArray,
    unit: float,
    first: int,
    candidates: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Find the products that, times `unit` and with the slack, reach what the query and the reference need."""
    queries, references = product.shape
    count = 0
    panel = 0
    while panel * PANEL < references and count + PANEL * queries <= len(candidates):
        start = panel * PANEL
        stop = min(start + PANEL, references)
        for q in range(queries):
            need = query_need[q]
            slack = query_slack[q]
            over = 0
            for r in range(start, stop):
                reach = (np.float64(product[q, r]) + _TINY_PRODUCT) * unit + slack * reference_length[r]
                over += reach >= need + reference_need[r]
            if over:
                for r in range(start, stop):
                    reach = (np.float64(product[q, r]) + _TINY_PRODUCT) * unit + slack * reference_length[r]
                    if reach >= need + reference_need[r]:
                        candidates[count, 0] = q
                        candidates[count, 1] = first + r
                        count += 1
        panel += 1
    return count, panel
