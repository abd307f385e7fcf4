"""Reads images before they are decoded; those at URLs before their turn, so that many answers are awaited at once."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.errors import ImageError
from copytrace.images.file import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.images.file import ImageFile

_AT_ONCE = 16


@dataclass(frozen=True)
class ReadImage:
    """An image whose bytes are there, or the reason why they are not."""

    id: str
    name: str
    data: bytes | ImageError

    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal.

        Raises:
            ImageError: they could not be read.
        """
        return hashlib.sha256(self.read_bytes()).hexdigest()

    def read_bytes(self, *, max_bytes: int = MAX_BYTES) -> bytes:
        """All bytes of the image.

        Raises:
            ImageError: they could not be had, or are too many.
        """
        if isinstance(self.data, ImageError):
            raise self.data
        if len(self.data) > max_bytes:
            raise ImageError(self.name, f"has {len(self.data):,} bytes; the limit is {max_bytes:,}")
        return self.data


def read_ahead(images: Sequence[ImageFile]) -> Iterator[ReadImage]:
    """The same images in the same order, read; those at URLs are read by several threads.

    Some are held in memory; so few images are asked for at a time: a chunk, not a collection.
    """
    if not any(image.version for image in images):
        yield from map(_read, images)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(_read, images)


def _read(image: ImageFile) -> ReadImage:
    try:
        return ReadImage(image.id, image.name, image.read_bytes())
    except ImageError as error:
        return ReadImage(image.id, image.name, error)
