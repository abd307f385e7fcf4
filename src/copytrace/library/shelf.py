"""The interface for storing a library's vectors: in files in its folder, or on a vector database server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.library.records import Item
    from copytrace.progress import Progress
    from copytrace.records import Failure, Float32Array

Rows = tuple["Sequence[Item]", "Float32Array", "Float32Array | None"]
"""Items with their vectors (n, d) and biases (n,)."""


class Found(NamedTuple):
    """A row close to a query."""

    segment: int
    row: int
    distance: float


class Shelf(Protocol):
    """Stores vectors and finds the nearest.

    Only the catalogue determines what is in the library. A vector is stored before the catalogue names it, and deleted
    after the catalogue no longer does, so a killed process leaves at most vectors without effect.
    """

    def refresh(self) -> None:
        """Apply changes since the last refresh; within `Catalogue.reading`.

        Raises:
            CopytraceError: vectors are missing or damaged.
        """

    def nearest(self, query: Float32Array, k: int) -> list[list[Found]]:
        """The `k` nearest rows of each query (n, d), by ascending distance; within `Catalogue.reading`.

        Distances are computed as in every search, to the last bit.
        """
        ...

    def put(self, rows: Rows) -> None:
        """Add items, or replace those with their IDs; they are stored durably when this returns."""

    def remove(self, ids: Sequence[str], *, purge: bool) -> None:
        """Remove items; `purge`: also remove their decisions, and erase their vectors now."""

    def tidy(self) -> None:
        """Delete what a killed process left behind."""

    def repair(self, progress: Progress) -> list[Failure]:
        """Check everything, rebuild what is possible, and record which items have lost their vectors.

        Returns:
            The missing or damaged parts.
        """
        ...

    def rows(self) -> Iterator[Rows]:
        """All items that have a vector, in the order of their IDs, in batches.

        Raises:
            CopytraceError: vectors are missing or damaged.
        """
        ...

    def close(self) -> None:
        """Release open resources."""
