"""The searcher for large sets: compiled loops discard pairs that are too far apart, most of them with byte products.

The compiler loads with the first search, not with this package.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from copytrace.search.blockwise import Blockwise
from copytrace.search.layout import find_centre

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from copytrace.records import Float32Array, FloatArray, IndexArray
    from copytrace.search.blockwise import Comparison, Wanted
    from copytrace.search.sieve._kept import KeptCodes
    from copytrace.vectors import Vectors

__all__ = ["SIEVE", "Sieve"]


class Sieve(Blockwise):
    """Rules out most pairs with products of bytes or of float32, in compiled loops."""

    name = "sieve"

    def available(self) -> bool:
        """Whether the compiler is installed."""
        return find_spec("numba") is not None

    def prepare(self, reference: Vectors, first: int, rows: npt.NDArray[Any], wanted: Wanted) -> Comparison:
        """Prepare the given rows of queries, which start at `first`."""
        from copytrace.search.sieve import _products
        from copytrace.search.sieve._comparison import SiftedComparison

        return SiftedComparison(find_centre(reference), _products.quickest(), first, rows, wanted)

    def open_codes(self, rows: Float32Array, stem: Path | None) -> KeptCodes | None:
        """Encode references for repeated searches; see `_kept.open_codes`. None if not supported."""
        if not self.available():
            return None
        from copytrace.search.sieve._kept import open_codes

        return open_codes(rows, stem)

    @staticmethod
    def insert(
        query: IndexArray,
        reference: IndexArray,
        distance: FloatArray,
        best_reference: IndexArray,
        best_distance: FloatArray,
    ) -> None:
        """Insert pairs into the lists of their queries, as `merge.insert` does."""
        from copytrace.search.sieve._lists import insert

        insert(query, reference, distance, best_reference, best_distance)


SIEVE = Sieve()
