"""Finds the images in an uncompressed tar file and their offsets, so that they can be read in any order."""

from __future__ import annotations

import posixpath
import tarfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import SourceError
from copytrace.images.file import shown
from copytrace.images.formats import EXTENSIONS, HEAD_BYTES, ending_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from copytrace.images.list_builder import ImageListBuilder

_BLOCK = 512


def find_in_tar(path: str, found: ImageListBuilder) -> None:
    """Find every image, except hidden members and those in folders of thumbnails.

    A link within the tar file becomes a failure, since it has no bytes of its own; so does the tar file itself if
    it is damaged or truncated after its first member.

    Raises:
        SourceError: the file is not an uncompressed tar file.
        OSError: the file cannot be read.
    """
    with Path(path).open("rb") as file:
        for member in _members(path, found):
            relative = posixpath.normpath(member.name.lstrip("/"))
            if member.isdir() or found.skips(relative):
                continue
            if member.isreg() and not member.issparse():
                head = partial(_head, file, member)
                found.offer(relative, member.offset_data, member.size, head=head)
            elif ending_of(relative) in EXTENSIONS:
                found.fail(relative, "is a link or a sparse entry in the tar file, without its own bytes")


def _head(file: BinaryIO, member: tarfile.TarInfo) -> bytes:
    file.seek(member.offset_data)
    return file.read(min(HEAD_BYTES, member.size))


def _members(path: str, found: ImageListBuilder) -> Iterator[tarfile.TarInfo]:
    """Iterate over the members in file order, without keeping them."""
    last, end = -1, Path(path).stat().st_size
    try:
        with tarfile.open(path, "r:", encoding="utf-8") as archive:
            # A damaged size can point backwards, causing an endless loop, or beyond the end.
            while (member := archive.next()) is not None and (
                member.offset > last and 0 <= member.size <= end - member.offset_data
            ):
                last = member.offset
                yield member
                archive.members.clear()  # type: ignore[attr-defined]  # typeshed leaves it out
            # tarfile takes a damaged header for the end.
            if member is not None or not _ends_at(path, archive.offset):
                found.fail("", f"damaged or truncated after byte {last:,}; later images were skipped")
    except (tarfile.TarError, ValueError, OverflowError, MemoryError) as error:
        if last < 0:
            raise SourceError(f"{shown(found.name)}: is not an uncompressed tar file ({error}).") from error
        found.fail("", f"damaged or truncated after byte {last:,} ({error}); later images were skipped")


def _ends_at(path: str, offset: int) -> bool:
    """Whether the tar file's end mark, a block of zeros, is at this offset."""
    with Path(path).open("rb") as file:
        file.seek(offset)
        block = file.read(_BLOCK)
    return bool(block) and not any(block)
