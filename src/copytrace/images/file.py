"""One image of a source: its ID, its name, and where its bytes lie."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from copytrace.errors import ImageError, printable
from copytrace.images.remote_bytes import read_remote

MAX_BYTES = 1 << 30
"""The largest image file that is read: 1 GiB, more than the largest picture allowed has uncompressed."""


def shown(path: str) -> str:
    r"""The path as it can be printed anywhere: control characters and bytes that are not UTF-8 show as \xNN.

    >>> shown("holiday\n2019.jpg")
    'holiday\\n2019.jpg'
    """
    return printable(os.fsencode(path).decode(errors="backslashreplace"))


def name_of(root: str, relative: str, *, kind: Literal["folder", "tar", "url"]) -> str:
    """What a person calls an image: `photos/2020/a.jpg`, `shard.tar:2020/a.jpg`, `s3://bucket/2020/a.jpg`."""
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
    """What the system said, as a few words within a sentence."""
    return ((isinstance(error, OSError) and error.strerror) or str(error)).lower()


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image that has not been opened: a file of its own, or a member of a tar file.

    Attributes:
        id: what the image is called in results.
        path: the file that holds the bytes: the image itself, or the tar file; or the image's URL.
        relative: the path within the source, with `/` and the ending.
        offset: where a tar member's bytes begin in the tar file.
        size: how many bytes a tar member has; None if the file is the image.
        label: what people call the tar file, if `path` is only where it was unpacked.
        member: of an image in one of several shards, the path in its tar file.
        version: of an image at a URL, its size, ETag and time, as `remote.version_of` writes them.
        data: the bytes, or why they cannot be read, if they came along; see `shipped`.
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
        """The same image with its bytes, for a worker that cannot read the file."""
        if self.data is not None:
            return self
        try:
            return replace(self, data=self.read_bytes())
        except ImageError as error:
            return replace(self, data=error)

    @property
    def name(self) -> str:
        """The image as a person would name it: its path, or `shard.tar:member/path.jpg`."""
        if self.size is None:
            return shown(self.path)
        return name_of(self.label or self.path, self.member or self.relative, kind="tar")

    def read_bytes(self, *, max_bytes: int = MAX_BYTES) -> bytes:
        """All bytes of the image.

        Raises:
            ImageError: it is not there (any more), may not be read, is no regular file, has more than
                `max_bytes` bytes, or is a tar member and the tar file ends before it does.
        """
        if isinstance(self.data, ImageError):
            raise self.data
        if self.data is not None:
            return self.data
        if self.version:
            return read_remote(self.path, self.version, max_bytes)
        try:
            # Opening a named pipe would wait for somebody to write into it; O_NONBLOCK does not.
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

        It holds the path within the source, the size in bytes, and the modification time (ns) of the file
        or the tar file; of an image at a URL, its ETag and time.

        Raises:
            ImageError: the file is not there (any more) or may not be looked at.
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
