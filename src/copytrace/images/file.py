"""One image of a source: its ID, its name, and where to read its bytes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from copytrace.errors import ImageError, printable
from copytrace.images.remote_bytes import read_remote

MAX_BYTES = 1 << 30
"""The largest image file to read: 1 GiB, more than the largest allowed picture takes uncompressed."""


def shown(path: str) -> str:
    r"""Make a path printable anywhere: control characters and bytes that are not UTF-8 appear as \xNN.

    >>> shown("holiday\n2019.jpg")
    'holiday\\n2019.jpg'
    """
    return printable(os.fsencode(path).decode(errors="backslashreplace"))


def name_of(root: str, relative: str, *, kind: Literal["folder", "tar", "url"]) -> str:
    """The image's name for people: `photos/2020/a.jpg`, `shard.tar:2020/a.jpg`, `s3://bucket/2020/a.jpg`."""
    if not relative:
        return shown(root)
    match kind:
        case "tar":
            return shown(f"{root}:{relative}")
        case "url":
            return shown(f"{root}/{relative}")
        case _:
            return shown(str(Path(root, relative)))


def plain_reason(error: OSError | ValueError) -> str:
    """The system's error message as a few words within a sentence."""
    return ((isinstance(error, OSError) and error.strerror) or str(error)).lower()


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An unopened image: a file of its own, or a member of a tar file.

    Attributes:
        id: the image's ID in results.
        path: the file with the bytes: the image itself or the tar file; or the image's URL.
        relative: the path within the source, with `/` and the extension.
        offset: where a tar member's bytes start in the tar file.
        size: a tar member's size in bytes; None if the file is the image.
        label: the tar file's name for people, if `path` is a temporary unpacked copy.
        member: the path in its tar file, if there are several shards.
        version: size, ETag and time of an image at a URL, as `remote.version_of` writes them.
        data: the bytes, or why they cannot be read, if they were attached; see `shipped`.
    """

    id: str
    path: str
    relative: str
    offset: int = 0
    size: int | None = None
    label: str = ""
    version: str = ""
    member: str = ""
    data: bytes | ImageError | None = field(default=None, repr=False, compare=False)

    def shipped(self) -> ImageFile:
        """The same image with its bytes attached, for a worker that cannot read the file."""
        if self.data is not None:
            return self
        try:
            return replace(self, data=self.read_bytes())
        except ImageError as error:
            return replace(self, data=error)

    @property
    def name(self) -> str:
        """The image's name for people: its path, or `shard.tar:member/path.jpg`."""
        if self.size is None:
            return shown(self.path)
        return name_of(self.label or self.path, self.member or self.relative, kind="tar")

    def read_bytes(self, *, max_bytes: int = MAX_BYTES) -> bytes:
        """All bytes of the image.

        Raises:
            ImageError: it is missing, not permitted or not a regular file, has more than `max_bytes` bytes, or is
                a member of a tar file that ends too early.
        """
        if isinstance(self.data, ImageError):
            raise self.data
        if self.data is not None:
            return self.data
        if self.version:
            return read_remote(self.path, self.version, max_bytes)
        try:
            # Opening a named pipe would wait for a writer; with O_NONBLOCK it does not.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                self._check(os.fstat(descriptor), max_bytes)
                file.seek(self.offset)
                data = file.read(self.size)
        except (OSError, ValueError) as error:
            raise ImageError(self.name, plain_reason(error)) from error
        if self.size is not None and len(data) < self.size:
            raise ImageError(self.name, f"the tar file ends {self.size - len(data):,} bytes too early")
        return data

    def fingerprint(self) -> str:
        """A string that changes when the image is replaced, made without reading it.

        It contains the path within the source, the size in bytes, and the modification time (ns) of the file or
        tar file; for an image at a URL, its ETag and time.

        Raises:
            ImageError: the file is missing or not permitted.
        """
        if self.version:
            return f"{self.relative}:{self.version}"
        try:
            status = Path(self.path).stat()
        except (OSError, ValueError) as error:
            raise ImageError(self.name, plain_reason(error)) from error
        size = status.st_size if self.size is None else self.size
        return f"{self.relative}:{size}:{status.st_mtime_ns}"

    def _check(self, status: os.stat_result, max_bytes: int) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise ImageError(self.name, "is a pipe, socket or device, not a file")
        size = status.st_size if self.size is None else self.size
        if size > max_bytes:
            raise ImageError(self.name, f"has {size:,} bytes; the limit is {max_bytes:,}")
