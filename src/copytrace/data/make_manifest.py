"""Makes the manifest of a folder, for an organiser who publishes a dataset."""

from __future__ import annotations

import hashlib
import os
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyarrow as pa

from copytrace.data.manifest import ENDINGS, Entry, Manifest, make_manifest
from copytrace.data.paths import first_unsafe
from copytrace.data.threads import in_threads
from copytrace.errors import DataError
from copytrace.progress import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BATCH = 64
_DESCRIPTIONS = (".yaml", ".yml")


def manifest_folder(
    folder: Path, *, splits: Sequence[tuple[str, str]] = (), progress: Progress = SILENT
) -> Manifest:
    """Read the size and SHA-256 of every file in a folder, in the order of the paths.

    Hidden files and links are skipped, and so are manifests and descriptions at the top of the folder. A file's ID is
    its name without extension.

    Args:
        folder: the folder to publish.
        splits: names with patterns, such as ("queries-2", "queries/Q[5-9]*"); the first that matches a path counts.
            Otherwise a split is named after the top-level folder, or after the file if it is in none.
        progress: reports progress.

    Raises:
        DataError: the folder cannot be read or contains no file, a file must be renamed, or two files of a split have
            the same ID.
    """
    paths = sorted(_paths(folder))
    if not paths:
        raise DataError(f"{folder}: contains no file.")
    if unsafe := first_unsafe(pa.array(paths, pa.large_string())):
        row, problem = unsafe
        raise DataError(f"{folder}: the path {paths[row]!r} {problem}. Rename this file, then try again.")
    entries: list[Entry] = []

    def look(batch: list[str]) -> list[Entry]:
        return [_entry(folder, path, _split(path, splits)) for path in batch]

    batches = (paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH))
    with progress.task("read", len(paths), "files") as bar:
        for batch in in_threads(look, batches):
            entries += batch
            bar.advance(len(batch))
    return make_manifest(entries, name=str(folder))


def _paths(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder.")
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        relative = Path(place).relative_to(folder)
        for name in names:
            path = (relative / name).as_posix()
            own = (
                relative == Path()
                and path.lower().endswith((*ENDINGS, *_DESCRIPTIONS))
                and _is_own(folder / name)
            )
            if not name.startswith(".") and not own and not (folder / path).is_symlink():
                yield path


def _is_own(path: Path) -> bool:
    """Whether a file is a manifest or a description, not data such as a truth.csv."""
    if path.suffix.lower() in _DESCRIPTIONS:
        return path.stem.lower() == "dataset"
    return path.stem.lower() == "manifest"


def _refuse(error: OSError) -> None:
    raise DataError(f"{error.filename}: {(error.strerror or str(error)).lower()}.") from error


def _entry(folder: Path, path: str, split: str) -> Entry:
    try:
        with (folder / path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise DataError(f"{folder / path}: {(error.strerror or str(error)).lower()}.") from error
    return Entry(PurePosixPath(path).stem, path, size, digest, split)


def _split(path: str, splits: Sequence[tuple[str, str]]) -> str:
    for name, pattern in splits:
        if fnmatchcase(path, pattern):
            return name
    first, slash, _ = path.partition("/")
    return first if slash else PurePosixPath(path).stem
