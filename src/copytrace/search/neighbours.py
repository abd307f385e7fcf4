"""The nearest references of each query, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.progress import SILENT
from copytrace.search import exact

if TYPE_CHECKING:
    from copytrace.progress import Progress
    from copytrace.records import Neighbours
    from copytrace.search.arrays import Vectors


def nearest(
    query: Vectors,
    reference: Vectors,
    k: int,
    *,
    threads: int | None = None,  # noqa: ARG001 - the signature of the engine to come
    memory: int | None = None,  # noqa: ARG001 - the same
    progress: Progress = SILENT,
) -> Neighbours:
    """Find the `k` nearest references of each query; the same as exact.nearest."""
    return exact.nearest(query, reference, k, progress=progress)
