"""Finds the pairs of one collection to examine more closely: each pair once, no picture with itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.matching import Retrieval, gap_to
from copytrace.search import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copytrace.progress import Progress
    from copytrace.records import FloatArray, IndexArray
    from copytrace.vectors import StoredDescriptors

NEAREST = 20
"""Nearest other pictures to find for each one; as many as `find --effort low` compares."""
CLOSE = 0.5
"""A pair is close within this share of the median distance to the last of these others."""
PER_PICTURE = 1 / 2
FEWEST = 1_000
"""This many of the closest pairs per picture are compared at any distance, and at least this many in total."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The nearest other pictures of each.

    Attributes:
        rows: (n,) the pictures; for identical files, the first.
        nearest: (n, k) positions in `rows`, by ascending distance.
        distance: (n, k) squared distances of the vectors; infinite if there are fewer others.
    """

    rows: IndexArray
    nearest: IndexArray
    distance: FloatArray

    def pairs(self) -> dict[tuple[int, int], float]:
        """The pairs of rows to compare (smaller row first), by ascending distance."""
        place, rank = np.nonzero(np.isfinite(self.distance))
        both = np.sort(np.stack((self.rows[place], self.rows[self.nearest[place, rank]])), axis=0)
        # Most pairs are found from both sides.
        (low, high), first = np.unique(both, axis=1, return_index=True)
        distance = self.distance[place, rank][first]
        order = np.lexsort((high, low, distance))
        count = max(FEWEST, int(PER_PICTURE * len(self.rows)), np.count_nonzero(distance <= self._close))
        order = order[:count]
        pairs = zip(low[order].tolist(), high[order].tolist(), strict=True)
        return dict(zip(pairs, distance[order].tolist(), strict=True))

    @property
    def _close(self) -> float:
        """The distance up to which all pairs are compared."""
        furthest = np.where(np.isfinite(self.distance), self.distance, 0.0).max(axis=1, initial=0.0)
        return CLOSE * float(np.median(furthest))

    def retrieval(self, place: int, distance: float, bias: float, model: str) -> Retrieval:
        """How a pair ranked among the nearest of the picture at a position.

        Args:
            place: position of the query's picture.
            distance: distance of the pair.
            bias: bias of that picture.
            model: digest of the descriptor, or its name if it is code only.
        """
        others = self.distance[place][np.isfinite(self.distance[place])]
        own = np.searchsorted(others, distance)
        others = np.delete(others, own) if own < len(others) and others[own] == distance else others
        return Retrieval(
            distance + bias, gap_to(others, distance), max(1, len(others) + 1), len(self.rows), model
        )


def find_neighbourhood(
    stored: StoredDescriptors,
    rows: IndexArray,
    *,
    threads: int | None,
    memory: int | None,
    progress: Progress,
) -> Neighbourhood:
    """Find the nearest other pictures of each.

    Args:
        stored: the collection.
        rows: the rows to search.
        threads: search threads.
        memory: bytes that the search may use.
        progress: reports the progress of the search.
    """
    vectors = stored.vectors if len(rows) == len(stored) else stored.vectors[:][rows]
    found = nearest(vectors, vectors, NEAREST + 1, threads=threads, memory=memory, progress=progress)
    # Among equal vectors, a picture itself need not come first, or be found at all.
    itself = found.reference == np.arange(len(rows))[:, None]
    distance = np.where(itself, np.inf, found.distance)
    order = np.argsort(distance, axis=1, kind="stable")[:, : found.reference.shape[1] - 1]
    return Neighbourhood(
        rows, np.take_along_axis(found.reference, order, axis=1), np.take_along_axis(distance, order, axis=1)
    )


def distances_of(stored: StoredDescriptors, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """The squared distances of pairs of rows, ascending."""
    found = {}
    for one, other in pairs:
        difference = stored.vectors[one : one + 1].astype(np.float64) - stored.vectors[other : other + 1]
        found[one, other] = float(np.square(difference).sum())
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def first_of_identical(stored: StoredDescriptors) -> Mapping[int, list[int]]:
    """The rows of identical files, by the first of them; a unique file is alone."""
    if stored.content_sha256 is None:
        return {row: [row] for row in range(len(stored))}
    first: dict[str, int] = {}
    rows: dict[int, list[int]] = {}
    for row, digest in enumerate(stored.content_sha256):
        rows.setdefault(first.setdefault(digest, row), []).append(row)
    return rows
