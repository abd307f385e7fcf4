"""Writes a library as one descriptor set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.errors import InputError
from copytrace.library.segments import write_items

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.library.catalogue import Catalogue
    from copytrace.library.place import Place
    from copytrace.library.shelf import Rows, Shelf
    from copytrace.progress import Bar, Progress


def export_items(place: Place, catalogue: Catalogue, shelf: Shelf, output: Path, progress: Progress) -> int:
    """Write all items that have a vector, in the order of their IDs; returns their number.

    Raises:
        InputError: no item has a vector.
        CopytraceError: vectors are missing or damaged.
    """
    count = catalogue.count()
    if not count:
        raise InputError(f"{place.folder}: is empty; there is nothing to export.")
    with progress.task("export", count, "images") as bar:
        write_items(output, catalogue.settings, _counted(shelf.rows(), bar), count)
    return count


def _counted(rows: Iterator[Rows], bar: Bar) -> Iterator[Rows]:
    for some in rows:
        yield some
        bar.advance(len(some[0]))
