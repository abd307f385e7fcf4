"""The interface of the storage of the site's files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from copytrace.errors import CopytraceError

if TYPE_CHECKING:
    from pathlib import Path


class StorageUnavailable(CopytraceError):
    """The storage does not respond, or refuses the site's requests."""


class FileChanged(CopytraceError):
    """A stored file has been changed or deleted."""


@dataclass(frozen=True)
class Stored:
    """A stored file.

    Attributes:
        size: number of bytes.
        version: changes whenever the content does; empty where files never change.
    """

    size: int
    version: str = ""


@dataclass(frozen=True)
class Part:
    """A part of an upload that is still missing.

    Attributes:
        offset, size: its bytes in the file.
        url: the address to PUT exactly these bytes to; valid for an hour.
    """

    offset: int
    size: int
    url: str


class DirectUploads(Protocol):
    """Uploads that clients send to the store themselves, part by part."""

    @property
    def origin(self) -> str:
        """Scheme, host and port of part addresses."""

    def begin(self, name: str) -> str:
        """Begin an upload; returns the store's ID of it."""

    def next_part(self, name: str, upload: str, size: int) -> tuple[Part | None, int]:
        """The first missing part of an upload of this size, if any, and the number of bytes already stored."""

    def complete(self, name: str, upload: str, size: int) -> None:
        """Assemble the file from its parts, which must all be stored. Does nothing if the file already exists.

        Raises:
            FileChanged: the file has another size.
        """

    def abort(self, name: str, upload: str) -> None:
        """Delete the parts of an upload. An upload that does not exist is fine."""


class Storage(Protocol):
    """Files by name, such as `uploads/3f/3f...`. Every method may raise `StorageUnavailable`."""

    @property
    def direct(self) -> DirectUploads | None:
        """How clients upload to the store themselves; None if they upload to the site."""

    def save(self, name: str, content: BinaryIO) -> None:
        """Store content under a name, completely or not at all."""

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            FileNotFoundError: it does not exist.
        """

    def find(self, name: str) -> Stored | None:
        """Size and version of a file; None if it does not exist."""

    def piece(self, name: str, version: str, first: int, last: int) -> bytes:
        """The bytes from `first` to `last` (inclusive) of a version of a file; fewer at its end.

        Raises:
            FileChanged: the file has another version, or was deleted.
        """

    def path(self, name: str) -> Path | None:
        """The path of a file on this machine; None if it must be fetched."""

    def url(self, name: str, filename: str = "") -> str | None:
        """An address from which anyone can download the file for an hour; None if only the site can read it.

        Args:
            name: name of the file.
            filename: the browser's name for the download.
        """

    def delete(self, name: str) -> None:
        """Delete a file. A file that does not exist is fine."""

    def room(self) -> int:
        """Number of bytes that can still be stored."""

    def fault(self, site: str) -> str | None:
        """What prevents the storage from working, and how to fix it; None if a file can be stored, read and deleted.

        Args:
            site: the site's public address, from which browsers upload.
        """
