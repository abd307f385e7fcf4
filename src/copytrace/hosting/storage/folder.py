"""Files in a folder on this machine, or on a network file system shared by all machines of the site."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from copytrace.hosting.storage.storage import FileChanged, Stored


class FolderStorage:
    """A folder; see `Storage`.

    Args:
        folder: is created with the first file.
        reserve: number of bytes to keep free on its disk.
    """

    def __init__(self, folder: Path, reserve: int) -> None:
        self._folder = folder
        self._reserve = reserve

    @property
    def direct(self) -> None:
        """None: uploads are written through the site."""

    def save(self, name: str, content: BinaryIO) -> None:
        """Store content under a name."""
        place = self.path(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".", delete=False) as file:
            partial = Path(file.name)
            try:
                shutil.copyfileobj(content, file)
                file.flush()
                partial.replace(place)
            except BaseException:
                partial.unlink()
                raise

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        return self.path(name).open("rb")

    def find(self, name: str) -> Stored | None:
        """Size of a file; None if it does not exist."""
        try:
            return Stored(self.path(name).stat().st_size)
        except FileNotFoundError:
            return None

    def piece(self, name: str, version: str, first: int, last: int) -> bytes:
        """Bytes of a file."""
        del version
        try:
            with self.open(name) as file:
                file.seek(first)
                return file.read(last + 1 - first)
        except FileNotFoundError as error:
            raise FileChanged(f"{name} was deleted.") from error

    def path(self, name: str) -> Path:
        """The path of a file."""
        return self._folder / name

    def url(self, name: str, filename: str = "") -> None:
        """None: only the site can read the folder."""

    def delete(self, name: str) -> None:
        """Delete a file."""
        self.path(name).unlink(missing_ok=True)

    def room(self) -> int:
        """Number of bytes that can still be written without using the reserve."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free - self._reserve

    def fault(self, site: str) -> None:
        """None: other checks cover the folder's permissions and its disk."""
