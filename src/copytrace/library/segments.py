"""The segments of a library: closed descriptor sets, written once and never changed."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import numpy as np

import copytrace
from copytrace.errors import CopytraceError, SubmissionError
from copytrace.files import sync_folder
from copytrace.library.catalogue import OPEN, Segment
from copytrace.vectors import DescriptorSetWriter, open_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from copytrace.library.catalogue import Catalogue
    from copytrace.library.place import Place
    from copytrace.library.records import Settings
    from copytrace.library.shelf import Rows
    from copytrace.vectors import StoredDescriptors

SEALED_AT = 65_536
"""This many open rows become a segment."""
MOST_REMOVED = 1 / 4
"""A segment with a larger share of removed rows is rewritten."""


class SegmentError(CopytraceError):
    """A segment is missing or damaged."""

    def __init__(self, place: Place, problem: object) -> None:
        super().__init__(f"{problem} Repair the library: copytrace library check {place.folder}")


def seal(place: Place, catalogue: Catalogue) -> None:
    """Turn the open rows into a segment.

    The file is on disk before the catalogue names it. If the process is killed in between, nothing refers to the file.
    """
    rows = catalogue.open_after(0)
    items = [item for _, item in catalogue.placed(OPEN)]
    _replace(place, catalogue, OPEN, (items, rows.vectors, rows.bias))


def compact(place: Place, catalogue: Catalogue, number: int) -> None:
    """Rewrite a segment without its removed rows."""
    placed = list(catalogue.placed(number))
    with open_segment(place, number) as stored:
        rows = np.array([row for row, _ in placed], np.int64)
        vectors = stored.vectors[:][rows]
        bias = None if stored.bias is None else stored.bias[rows]
    _replace(place, catalogue, number, ([item for _, item in placed], vectors, bias))
    discard(place, number)


@contextmanager
def open_segment(place: Place, number: int) -> Iterator[StoredDescriptors]:
    """Open a segment as a descriptor set.

    Raises:
        SegmentError: it is missing or damaged.
    """
    try:
        with open_descriptors(place.segment(number)) as stored:
            yield stored
    except SubmissionError as error:
        raise SegmentError(place, error) from error


def too_empty(catalogue: Catalogue) -> list[int]:
    """The segments from which more than a quarter was removed."""
    removed = catalogue.removed_counts()
    return [
        each.number for each in catalogue.segments() if removed.get(each.number, 0) > MOST_REMOVED * each.rows
    ]


def discard(place: Place, number: int) -> None:
    """Delete an unused segment. Processes that have it open keep it until they see the change."""
    for file in (place.segment(number), *place.codes.glob(f"{number:06}-*")):
        file.unlink(missing_ok=True)
    sync_folder(place.segments)
    sync_folder(place.codes)


def discard_leftovers(place: Place, catalogue: Catalogue) -> None:
    """Delete what a killed process left behind: segment files that the catalogue does not name."""
    named = {f"{segment.number:06}" for segment in catalogue.segments()}
    for file in (*place.segments.iterdir(), *place.codes.iterdir()):
        if file.name[:6] not in named:
            with suppress(FileNotFoundError):
                file.unlink()


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(place: Place, catalogue: Catalogue, number: int, rows: Rows) -> None:
    """Enter a new segment instead of another, or of the open rows."""
    with catalogue.writing():
        segment = new_segment(place, catalogue, catalogue.settings, rows)
        catalogue.close_segment(segment, [item.id for item in rows[0]], number)


def new_segment(place: Place, catalogue: Catalogue, settings: Settings, rows: Rows) -> Segment:
    """Write a segment, unless there are no rows; within `Catalogue.writing`."""
    items, number = rows[0], catalogue.next_segment()
    if not items:
        return Segment(number, 0, "")
    path = place.segment(number)
    write_items(path, settings, [rows], len(items))
    return Segment(number, len(items), digest_of(path))


def write_items(path: Path, settings: Settings, rows: Iterable[Rows], count: int) -> None:
    """Write a descriptor set of `count` items.

    Args:
        path: the file.
        settings: settings of the library.
        rows: the items with their vectors and biases, in batches.
        count: their total number.
    """
    with DescriptorSetWriter(
        path,
        model=settings.model_name,
        model_sha256=settings.model_sha256,
        copytrace_version=copytrace.__version__,
        quality=settings.quality,
        background_sha256=settings.background_sha256,
        # The paths of items are absolute, whatever source they were added from.
        source="/",
        rows=count,
    ) as writer:
        for items, vectors, bias in rows:
            writer.append(
                [item.id for item in items],
                vectors,
                bias,
                paths=[item.path for item in items],
                content_sha256=[item.content_sha256 for item in items],
                fingerprints=[item.fingerprint for item in items],
            )
