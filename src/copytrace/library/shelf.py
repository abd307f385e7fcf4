"""What keeps the vectors of a library: files in its folder, or a server that was made for them."""

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
    """A row that is near a query."""

    segment: int
    row: int
    distance: float


class Shelf(Protocol):
    """Keeps vectors and finds the nearest.

    The catalogue alone says what is in the library. A vector is kept before the catalogue names it, and deleted after
    the catalogue has forgotten it, so a killed process leaves at most vectors that count for nothing.
    """

    def refresh(self) -> None:
        """Take over what has changed; within `Catalogue.reading`.

        Raises:
            CopytraceError: vectors are missing or damaged.
        """

    def nearest(self, query: Float32Array, k: int) -> list[list[Found]]:
        """The `k` nearest rows of each query (n, d), by rising distance; within `Catalogue.reading`.

        Distances are computed as every search computes them, to the last bit.
        """
        ...

    def put(self, rows: Rows) -> None:
        """Add items, or replace those of their IDs; they are kept safely when this returns."""

    def remove(self, ids: Sequence[str], *, purge: bool) -> None:
        """Remove items; `purge`: with their decisions, and erase their vectors now."""

    def tidy(self) -> None:
        """Delete what a killed process left."""

    def repair(self, progress: Progress) -> list[Failure]:
        """Check everything and rebuild what can be; items whose vectors are lost are without one from now on.

        Returns:
            What was missing or damaged.
        """
        ...

    def rows(self) -> Iterator[Rows]:
        """All items that have a vector, in the order of their IDs, some at a time.

        Raises:
            CopytraceError: vectors are missing or damaged.
        """
        ...

    def close(self) -> None:
        """Release what is open."""
