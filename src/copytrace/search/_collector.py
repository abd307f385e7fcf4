"""Who compares and who collects: what they say to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from copytrace.records import FloatArray, IndexArray


class Limits(NamedTuple):
    """What is wanted of each of some queries: a smaller distance, or this one and at most this reference."""

    distance: FloatArray
    reference: IndexArray


class Collector(Protocol):
    """Collects pairs, and says which are still wanted; it is called by one thread at a time."""

    @property
    def memory(self) -> int:
        """Bytes that it may come to hold."""

    def limits(self, first: int, stop: int) -> Limits:
        """What is wanted of the queries from `first` up to `stop`, in arrays that are the caller's own."""

    def add(self, query: IndexArray, reference: IndexArray, distance: FloatArray) -> None:
        """Take pairs that were within the limits at some moment."""
