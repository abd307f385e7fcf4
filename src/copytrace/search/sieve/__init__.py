"""The searcher for large sets: compiled loops sift out pairs that are too far apart, most of them by bytes.

The compiler loads with the first search, not with this package.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from copytrace.search.blockwise import Blockwise

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import FloatArray, IndexArray
    from copytrace.search.blockwise import Comparison, Wanted
    from copytrace.vectors import Vectors

__all__ = ["SIEVE", "Sieve"]


class Sieve(Blockwise):
    """Rules out most pairs by products of bytes or of float32, in compiled loops."""

    name = "sieve"

    def available(self) -> bool:
        """Whether the compiler is installed."""
        return find_spec("numba") is not None

    def prepare(self, reference: Vectors, first: int, rows: npt.NDArray[Any], wanted: Wanted) -> Comparison:
        """Prepare the queries from `first` on, whose rows are given."""
        from copytrace.search.sieve._comparison import SiftedComparison

        return SiftedComparison(reference, first, rows, wanted)

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
