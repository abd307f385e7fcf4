"""Writes a library as one descriptor set."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.errors import InputError
from copytrace.library.catalogue import OPEN
from copytrace.library.segments import open_segment, write_items
from copytrace.vectors import map_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.library.catalogue import Catalogue
    from copytrace.library.place import Place
    from copytrace.library.segments import Rows
    from copytrace.progress import Bar, Progress
    from copytrace.records import Float32Array, IndexArray

_ROWS_AT_ONCE = 1024


class _Part(NamedTuple):
    """The vectors of a segment: (n,) rising, what the catalogue calls its rows; (n, d) vectors; (n,) biases."""

    numbers: IndexArray
    vectors: Float32Array
    bias: Float32Array | None


def export_items(place: Place, catalogue: Catalogue, output: Path, progress: Progress) -> int:
    """Write all items that have a vector, in the order of their IDs; returns their number.

    Raises:
        InputError: there is none.
        SegmentError: a segment is missing or damaged.
    """
    count = catalogue.count()
    if not count:
        raise InputError(f"{place.folder}: is empty; there is nothing to export.")
    parts = {OPEN: _Part(*catalogue.open_after(0))}
    for segment in catalogue.segments():
        with open_segment(place, segment.number) as stored:
            vectors = map_vectors(stored.path)
            parts[segment.number] = _Part(np.arange(len(stored)), vectors, stored.bias)
    with progress.task("export", count, "images") as bar:
        write_items(output, catalogue.settings, _rows(catalogue, parts, bar), count)
    return count


def _rows(catalogue: Catalogue, parts: dict[int, _Part], bar: Bar) -> Iterator[Rows]:
    placed = catalogue.in_order()
    while some := list(islice(placed, _ROWS_AT_ONCE)):
        items = [item for _, _, item in some]
        rows = [(parts[segment], np.searchsorted(parts[segment].numbers, row)) for segment, row, _ in some]
        vectors = np.stack([part.vectors[row] for part, row in rows])
        biases = [part.bias[row] for part, row in rows if part.bias is not None]
        yield items, vectors, np.array(biases, np.float32) if biases else None
        bar.advance(len(items))
