"""Reads images before they are decoded; images at URLs are read ahead in parallel."""

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
    """An image with its bytes, or the reason why they could not be read."""

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
            ImageError: they could not be read, or there are too many.
        """
        if isinstance(self.data, ImageError):
            raise self.data
        if len(self.data) > max_bytes:
            raise ImageError(self.name, f"has {len(self.data):,} bytes; the limit is {max_bytes:,}")
        return self.data


def read_ahead(images: Sequence[ImageFile]) -> Iterator[ReadImage]:
    """Read images in order; several threads read those at URLs.

    Some images are held in memory, so pass a chunk, not a whole collection.
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
