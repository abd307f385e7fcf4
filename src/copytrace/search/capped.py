"""The closest pairs of two large sets of vectors, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.progress import SILENT
from copytrace.search import exact

if TYPE_CHECKING:
    from copytrace.progress import Progress
    from copytrace.records import ClosestPairs
    from copytrace.search.arrays import Vectors


def closest_pairs(
    query: Vectors,
    reference: Vectors,
    count: int,
    *,
    threads: int | None = None,  # noqa: ARG001 - the signature of the engine to come
    memory: int | None = None,  # noqa: ARG001 - the same
    progress: Progress = SILENT,
) -> ClosestPairs:
    """Find the `count` pairs with the smallest distances; the same pairs as exact.closest_pairs."""
    return exact.closest_pairs(query, reference, count, progress=progress)
