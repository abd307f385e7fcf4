"""Vectors in the library's folder: new ones in the catalogue, later in segments."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.library.catalogue import OPEN
from copytrace.library.index import Index
from copytrace.library.segments import (
    SEALED_AT,
    compact,
    digest_of,
    discard,
    discard_leftovers,
    open_segment,
    seal,
    too_empty,
)
from copytrace.records import Failure
from copytrace.search import keep_block
from copytrace.vectors import map_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.library.catalogue import Catalogue, Segment
    from copytrace.library.place import Place
    from copytrace.library.shelf import Found, Rows
    from copytrace.progress import Progress
    from copytrace.records import Float32Array, IndexArray

_ROWS_AT_ONCE = 1024


class _Part(NamedTuple):
    """The vectors of a segment: (n,) the catalogue's row numbers, ascending; (n, d) vectors; (n,) biases."""

    numbers: IndexArray
    vectors: Float32Array
    bias: Float32Array | None


class LocalShelf:
    """Stores vectors in the folder; see `Shelf`.

    Args:
        place: the library.
        catalogue: its catalogue.
        codes: prepare the vectors for many lookups; without this, the first lookup is faster and the others slower.
    """

    def __init__(self, place: Place, catalogue: Catalogue, *, codes: bool) -> None:
        self._place = place
        self._catalogue = catalogue
        self._index = Index(place, catalogue, codes=codes)

    def refresh(self) -> None:
        """Apply changes since the last refresh."""
        self._index.refresh()

    def nearest(self, query: Float32Array, k: int) -> list[list[Found]]:
        """The `k` nearest rows of each query."""
        return self._index.nearest(query, k)

    def put(self, rows: Rows) -> None:
        """Add items in one transaction; enough of them become a segment."""
        items, vectors, bias = rows
        with self._catalogue.writing():
            for row, item in enumerate(items):
                self._catalogue.put(item, vectors[row], None if bias is None else float(bias[row]))
        if self._catalogue.count_open() >= SEALED_AT:
            seal(self._place, self._catalogue)

    def remove(self, ids: Sequence[str], *, purge: bool) -> None:
        """Remove items; segments that became too empty, or contain purged items, are rewritten."""
        with self._catalogue.writing():
            touched = self._catalogue.segments_of(ids) if purge else set()
            for item_id in ids:
                self._catalogue.remove(item_id, decisions=purge)
        for number in sorted(touched.union(too_empty(self._catalogue))):
            compact(self._place, self._catalogue, number)

    def tidy(self) -> None:
        """Delete files that the catalogue does not name."""
        discard_leftovers(self._place, self._catalogue)

    def repair(self, progress: Progress) -> list[Failure]:
        """Compare all segments with their digests, and rebuild their codes."""
        damaged = []
        segments = self._catalogue.segments()
        with progress.task("check", len(segments), "segments") as bar:
            for segment in segments:
                if (problem := self._repair_codes(segment)) is not None:
                    damaged.append(Failure(str(self._place.segment(segment.number)), problem))
                    with self._catalogue.writing():
                        self._catalogue.lose_segment(segment.number)
                    discard(self._place, segment.number)
                bar.advance()
        return damaged

    def _repair_codes(self, segment: Segment) -> str | None:
        """Rebuild the codes of a segment; returns what is wrong with the segment itself, if anything."""
        path = self._place.segment(segment.number)
        try:
            if digest_of(path) != segment.sha256:
                return "content differs from what was written"
        except OSError as error:
            return str(error.strerror).lower()
        stem = self._place.codes_of(segment.number, segment.sha256)
        for file in self._place.codes.glob(f"{stem.name}*"):
            file.unlink()
        keep_block(map_vectors(path), stem)
        return None

    def rows(self) -> Iterator[Rows]:
        """All items that have a vector."""
        parts = {OPEN: _Part(*self._catalogue.open_after(0))}
        for segment in self._catalogue.segments():
            with open_segment(self._place, segment.number) as stored:
                vectors = map_vectors(stored.path)
                parts[segment.number] = _Part(np.arange(len(stored)), vectors, stored.bias)
        placed = self._catalogue.in_order()
        while some := list(islice(placed, _ROWS_AT_ONCE)):
            rows = [
                (parts[segment], np.searchsorted(parts[segment].numbers, row)) for segment, row, _ in some
            ]
            biases = [part.bias[row] for part, row in rows if part.bias is not None]
            yield (
                [item for _, _, item in some],
                np.stack([part.vectors[row] for part, row in rows]),
                np.array(biases, np.float32) if biases else None,
            )

    def close(self) -> None:
        """Nothing to release."""
