"""The searchable vectors of a library: its segments and open rows, in the catalogue's present state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import SubmissionError
from copytrace.library.catalogue import OPEN
from copytrace.library.segments import SegmentError
from copytrace.library.shelf import Found
from copytrace.search import KeptSearch, keep_block
from copytrace.vectors import map_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.library.catalogue import Catalogue, Segment
    from copytrace.library.place import Place
    from copytrace.records import BoolArray, Float32Array, IndexArray, Neighbours
    from copytrace.search import KeptBlock

OPEN_BLOCK = 4096
"""This many open rows are prepared together."""


@dataclass
class _Part:
    """A segment, or some of the open rows.

    Attributes:
        segment: its number, or `OPEN`.
        numbers: (n,) the catalogue's row numbers, ascending.
        block: its vectors.
        live: (n,) whether each row is still in the library.
    """

    segment: int
    numbers: IndexArray
    block: KeptBlock
    live: BoolArray


class Index:
    """The vectors of a library, ready to search.

    Args:
        place: the library.
        catalogue: lists the vectors.
        codes: prepare the vectors for many lookups; without this, the first lookup is faster and the others slower.
    """

    def __init__(self, place: Place, catalogue: Catalogue, *, codes: bool) -> None:
        self._place = place
        self._catalogue = catalogue
        self._codes = codes
        self._forget()

    def _forget(self) -> None:
        self._generation = -1
        self._removed = 0
        self._sealed: dict[int, _Part] = {}
        self._open: list[_Part] = []
        self._search: KeptSearch | None = None

    def refresh(self) -> None:
        """Apply changes since the last refresh; within `Catalogue.reading`.

        Raises:
            SegmentError: a segment is missing or damaged.
        """
        generation = self._catalogue.generation()
        if generation == self._generation:
            return
        try:
            self._take_segments(self._catalogue.segments())
            self._take_open_rows()
            self._take_removals()
        except BaseException:
            self._forget()
            raise
        parts = self._parts()
        self._search = None
        if parts:
            live = np.concatenate([part.live for part in parts])
            self._search = KeptSearch([part.block for part in parts], None if live.all() else live)
        self._generation = generation

    def nearest(self, query: Float32Array, k: int) -> list[list[Found]]:
        """The `k` nearest rows of each query (n, d), by ascending distance."""
        if self._search is None:
            return [[] for _ in query]
        neighbours = self._search.nearest(query, k)
        return list(self._named(neighbours))

    def _parts(self) -> list[_Part]:
        return [*self._sealed.values(), *self._open]

    def _named(self, neighbours: Neighbours) -> Iterator[list[Found]]:
        parts = self._parts()
        starts = np.cumsum([0, *(len(part.numbers) for part in parts)])
        of_part = np.searchsorted(starts, neighbours.reference, side="right") - 1
        for row in range(len(neighbours.reference)):
            found = []
            for part, reference, distance in zip(
                of_part[row].tolist(),
                neighbours.reference[row].tolist(),
                neighbours.distance[row].tolist(),
                strict=True,
            ):
                if reference >= 0:
                    number = int(parts[part].numbers[reference - starts[part]])
                    found.append(Found(parts[part].segment, number, distance))
            yield found

    def _take_segments(self, segments: Sequence[Segment]) -> None:
        known, self._sealed = self._sealed, {}
        for segment in segments:
            self._sealed[segment.number] = known.get(segment.number) or self._opened(segment)

    def _opened(self, segment: Segment) -> _Part:
        path = self._place.segment(segment.number)
        try:
            rows = map_vectors(path)
        except SubmissionError as error:
            raise SegmentError(self._place, error) from error
        expected = segment.rows, self._catalogue.settings.dims
        if rows.shape != expected:
            raise SegmentError(
                self._place, f"{path}: has vectors of the shape {rows.shape}; expected {expected}."
            )
        stem = self._place.codes_of(segment.number, segment.sha256)
        block = keep_block(rows, stem, codes=self._codes)
        return _Part(segment.number, np.arange(segment.rows), block, np.ones(segment.rows, bool))

    def _take_open_rows(self) -> None:
        first = self._catalogue.first_open()
        # Rows are numbered in order; those before the first are in a segment or were removed.
        self._open = [part for part in self._open if first is not None and part.numbers[-1] >= first]
        last = int(self._open[-1].numbers[-1]) if self._open else 0
        new = self._catalogue.open_after(last)
        if not len(new.numbers):
            return
        numbers, vectors, live = new.numbers, new.vectors, np.ones(len(new.numbers), bool)
        if self._open and len(self._open[-1].numbers) < OPEN_BLOCK:
            part = self._open.pop()
            numbers = np.concatenate([part.numbers, numbers])
            vectors = np.concatenate([part.block.rows, vectors])
            live = np.concatenate([part.live, live])
        for start in range(0, len(numbers), OPEN_BLOCK):
            some = slice(start, start + OPEN_BLOCK)
            full = len(numbers[some]) == OPEN_BLOCK
            block = keep_block(vectors[some], codes=self._codes and full)
            self._open.append(_Part(OPEN, numbers[some], block, live[some]))

    def _take_removals(self) -> None:
        # Rows added since the last refresh that were also removed since then.
        removals = self._catalogue.removed_after(self._removed)
        if not removals:
            return
        self._removed = removals[-1][0]
        _, segments, rows = np.array(removals, np.int64).T
        for part in self._parts():
            gone = rows[segments == part.segment]
            places = np.minimum(np.searchsorted(part.numbers, gone), len(part.numbers) - 1)
            part.live[places[part.numbers[places] == gone]] = False
