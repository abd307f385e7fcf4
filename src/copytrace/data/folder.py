"""The folder of a download: which files are complete, and how they get their final names."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from copytrace.data.paths import KEPT_MANIFEST, PARTS_FOLDER
from copytrace.errors import CopytraceError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.data.manifest import Entry

State = Literal["whole", "missing", "altered", "unread"]
"""`unread`: of the right size, but only its digest can tell whether it is complete."""

_SECOND = 10**9


class Folder:
    """The folder of a download.

    A complete file's modification time ends in nanoseconds derived from its SHA-256, which any later write replaces.
    So a second run knows that a million files are complete without reading them. Its seconds are the time given by the
    source.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base = str(root)
        self._real = root.resolve()
        self._safe: dict[str, Path] = {}

    def create(self) -> None:
        """Create the folder, and the one for unfinished files.

        Raises:
            DataError: there is a file of that name, or the parent folder does not exist.
        """
        if not self.root.parent.is_dir():
            raise DataError(
                f"{self.root}: the folder {self.root.parent} does not exist. "
                f"Create it first: mkdir -p {self.root.parent}"
            )
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise DataError(f"{self.root}: is a file; expected a folder for the download.") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder against other downloads; the lock ends with the process, however it ends.

        Raises:
            CopytraceError: another download is filling the folder.
        """
        with (self.parts / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CopytraceError(
                    f"{self.root}: another download is filling this folder. Wait for it, or choose another folder (-o)."
                ) from error
            yield

    @property
    def parts(self) -> Path:
        """The folder of unfinished files."""
        return self.root / PARTS_FOLDER

    @property
    def manifest(self) -> Path:
        """The file that keeps the manifest of the request."""
        return self.root / KEPT_MANIFEST

    def part(self, entry: Entry) -> Path:
        """The unfinished file of an entry."""
        return self.parts / hashlib.sha256(entry.path.encode()).hexdigest()[:32]

    def remove_parts(self) -> None:
        """Remove the unfinished files if nothing is left to resume."""
        shutil.rmtree(self.parts, ignore_errors=True)

    def state(self, entry: Entry) -> State:
        """The state of an entry, by its size and time only."""
        try:
            # Creating a Path for each of a million files would take longer than checking them.
            status = os.lstat(f"{self._base}/{entry.path}")
        except (FileNotFoundError, NotADirectoryError):
            return "missing"
        if not stat.S_ISREG(status.st_mode) or status.st_size != entry.bytes:
            return "altered"
        if not entry.sha256:
            return "whole"
        return "whole" if status.st_mtime_ns % _SECOND == _stamp(entry) else "unread"

    def is_whole(self, entry: Entry) -> bool:
        """Whether the existing file has the entry's digest; reads all of it."""
        path = Path(self.root, entry.path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256

    def mark_whole(self, entry: Entry) -> None:
        """Record that an existing file is complete, so that it need not be read again."""
        path = Path(self.root, entry.path)
        status = path.stat()
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns // _SECOND * _SECOND + _stamp(entry)))

    def place(self, entry: Entry, part: Path, modified: float) -> None:
        """Give a complete file its final name, atomically.

        Args:
            entry: its entry.
            part: the unfinished file, which is now complete.
            modified: its modification time at the source, in seconds since 1970.

        Raises:
            DataError: a folder on the path is a link that leads out, or a folder has the file's name.
        """
        when = int(modified) * _SECOND + (_stamp(entry) if entry.sha256 else 0)
        os.utime(part, ns=(when, when))
        try:
            part.replace(self._parent(entry.path) / entry.path.rpartition("/")[2])
        except IsADirectoryError as error:
            raise DataError(f"{self.root / entry.path}: is a folder. Move it elsewhere.") from error

    def _parent(self, path: str) -> Path:
        """The folder of a file, created if needed; never one outside the download's own."""
        parent = path.rpartition("/")[0]
        if parent not in self._safe:
            folder = self._real / parent
            # An existing one may be a link that another user has created.
            if folder.resolve() == folder:
                folder.mkdir(parents=True, exist_ok=True)
            if folder.resolve() != folder:
                raise DataError(
                    f"{self.root / parent}: leads out of {self.root} through a link, which is not followed. "
                    "Remove the link, or download to where it points."
                )
            self._safe[parent] = folder
        return self._safe[parent]


def _stamp(entry: Entry) -> int:
    """Nanoseconds below a second that encode the entry's digest."""
    return int(entry.sha256[:12], 16) % _SECOND
