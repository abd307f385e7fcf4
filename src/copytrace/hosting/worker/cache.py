"""Files of runs, fetched to this machine."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from copytrace.hosting.storage import FileChanged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copytrace.hosting.services.job import JobFile

KEPT = 16 << 30
"""Bytes of fetched files to keep for later runs."""


class Cache:
    """A folder of fetched files, for one process; the least recently used are deleted first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def locate(self, file: JobFile, fetch: Callable[[JobFile, Path], None]) -> Path:
        """The path of a file; fetches it if it is missing.

        Args:
            file: the file.
            fetch: writes it to a path; resumes a partial file.

        Raises:
            FileChanged: its digest differs from the recorded one.
        """
        place = self._folder / hashlib.sha256(f"{file.name}\n{file.version}".encode()).hexdigest()
        if not place.exists():
            partial = place.with_suffix(".part")
            fetch(file, partial)
            with partial.open("rb") as arrived:
                digest = hashlib.file_digest(arrived, "sha256").hexdigest()
            if not digest.startswith(file.sha256):
                partial.unlink()
                raise FileChanged(
                    f"the stored file {file.name} has changed: its SHA-256 was {file.sha256}, now it is {digest}"
                )
            partial.replace(place)
        os.utime(place)
        return place

    def trim(self) -> None:
        """Delete the least recently used files."""
        files: list[tuple[float, int, Path]] = []
        for file in self._folder.iterdir():
            # A file being fetched may be renamed meanwhile.
            with suppress(FileNotFoundError):
                about = file.stat()
                files.append((about.st_mtime, about.st_size, file))
        used = 0
        for _, size, file in sorted(files, reverse=True):
            used += size
            if used > KEPT:
                file.unlink(missing_ok=True)
