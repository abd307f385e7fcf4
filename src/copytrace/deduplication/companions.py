"""Files that belong to a picture: its RAW file, and sidecars with edits and metadata."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from copytrace.images import EXTENSIONS, RAW_EXTENSIONS

SIDECARS = frozenset(
    {".aae", ".arp", ".cos", ".dop", ".json", ".on1", ".photo-edit", ".pp3", ".rwz", ".thm", ".vrd", ".xmp"}
)
"""Extensions of files that photo programs keep next to a picture."""


def has_raw(picture: Path) -> bool:
    """Whether the RAW file of a picture is next to it."""
    return any(file.suffix.lower() in RAW_EXTENSIONS for file in companions(picture))


def companions(picture: Path) -> list[Path]:
    """The files that belong to a picture: `a.cr2`, `a.xmp` and `a.jpg.xmp` next to `a.jpg`.

    A file named after the stem belongs to all pictures with that stem; if there are several, it belongs to none alone.
    """
    stem = picture.stem.lower()
    beside = _files(picture.parent)
    namesakes = [name for name in beside.get(stem, ()) if Path(name).suffix.lower() in EXTENSIONS]
    found = []
    if len(namesakes) < 2:  # noqa: PLR2004 - itself and another one
        found += [
            name for name in beside.get(stem, ()) if Path(name).suffix.lower() in RAW_EXTENSIONS | SIDECARS
        ]
    found += [name for name in beside.get(picture.name.lower(), ()) if Path(name).suffix.lower() in SIDECARS]
    return [picture.parent / name for name in found]


@lru_cache(maxsize=64)
def _files(folder: Path) -> dict[str, list[str]]:
    """The names of the files in a folder, by their stems in lower case."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        found.setdefault(file.stem.lower(), []).append(file.name)
    return found


def forget() -> None:
    """Forget the folders read so far."""
    _files.cache_clear()
