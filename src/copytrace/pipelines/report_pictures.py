"""The pictures of a report: finds them by their IDs, and makes thumbnails on an engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from copytrace.errors import ImageError
from copytrace.images import Thumbnail, load_thumbnail
from copytrace.pipelines.source_files import SourceFiles
from copytrace.progress import SILENT, Progress
from copytrace.stores import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from copytrace.engines import Engine
    from copytrace.images import ImageFile, ImageList
    from copytrace.reports import Role, ShownPair, ShownPicture

SIDE = 480
"""Longest side of a thumbnail in pixels."""
AT_ONCE = 16
"""Pictures per task."""


class FilesById(Protocol):
    """The image files of one side, by ID."""

    def find(self, image_id: str) -> ImageFile | None:
        """The file of an image, which may be gone by now; None if its location is unknown."""


class Files:
    """The image files of one side, by ID.

    Args:
        images: the images; None for a set without named images.
        source: the set's recorded source, or empty.
        paths: paths below the source, by ID.
    """

    def __init__(self, images: ImageList | None, source: str, paths: Mapping[str, str]) -> None:
        self._files = SourceFiles(images, source, next(iter(paths.values()), None))
        self._paths = paths

    def find(self, image_id: str) -> ImageFile | None:
        """The file of an image, which may be gone by now; None if its location is unknown."""
        return self._files.find(image_id, self._paths.get(image_id))


def shown_pictures(
    pairs: Sequence[ShownPair],
    files: Mapping[Role, FilesById],
    folder: Path,
    engine: Engine,
    progress: Progress = SILENT,
) -> Iterator[ShownPicture]:
    """Yield the pictures of pairs, each once, as thumbnails are made.

    Args:
        pairs: the pairs on the page.
        files: the images of both sides.
        folder: the page's folder.
        engine: makes the thumbnails.
        progress: reports progress.
    """
    # A search without a report does not load its template engine.
    from copytrace.reports import ShownPicture

    wanted: dict[tuple[Role, str], None] = {}
    for pair in pairs:
        wanted |= {("query", pair.query_id): None, ("reference", pair.reference_id): None}
    known = []
    with progress.task("report", len(wanted), "pictures") as bar:
        for role, image_id in wanted:
            if (file := files[role].find(image_id)) is not None:
                known.append((role, file))
                continue
            bar.advance()
            problem = f"its file was not found; say where it is with --{role}-images"
            yield ShownPicture(role, image_id, image_id, None, None, problem)
        tasks = (known[start : start + AT_ONCE] for start in range(0, len(known), AT_ONCE))
        for task, made in engine.map_unordered(_load, tasks):
            for (role, file), thumbnail in zip(task, made, strict=True):
                bar.advance()
                shown = (thumbnail, "") if isinstance(thumbnail, Thumbnail) else (None, thumbnail)
                yield ShownPicture(role, file.id, file.relative or file.id, link_to(file, folder), *shown)


def _load(files: list[tuple[Role, ImageFile]]) -> list[Thumbnail | str]:
    """A thumbnail of each image, or why there is none."""
    return [_thumbnail_or_reason(file) for _, file in files]


def _thumbnail_or_reason(file: ImageFile) -> Thumbnail | str:
    try:
        return load_thumbnail(file, SIDE)
    except ImageError as error:
        # It was readable when it was described; the report is useful without it.
        return error.reason


def link_to(file: ImageFile, folder: Path) -> str | None:
    """The address of an image for a page in a folder; None if a browser could not open it.

    A relative address names no folder above their common one, so it still works if both move together.

    >>> from pathlib import Path
    >>> from copytrace.images import ImageFile
    >>> link_to(ImageFile("a", "/photos/a b.jpg", "a b.jpg"), Path("/work/report"))
    '../../photos/a%20b.jpg'
    """
    if file.size is not None:
        return None
    if is_remote(file.path):
        return file.path if file.path.startswith(("http://", "https://")) else None
    return quote(os.fsencode(os.path.relpath(file.path, folder)))
