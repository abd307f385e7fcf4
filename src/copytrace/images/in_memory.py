"""An image whose bytes are in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from copytrace.errors import ImageError
from copytrace.images.file import MAX_BYTES, ImageFile


@dataclass(frozen=True, slots=True)
class MemoryImage(ImageFile):
    """An image that needs no file; see `ImageFile`.

    Attributes:
        data: the file's bytes.
    """

    data: bytes = b""

    def read_bytes(self, *, max_bytes: int = MAX_BYTES) -> bytes:
        """All bytes of the image.

        Raises:
            ImageError: it has more than `max_bytes` bytes.
        """
        if len(self.data) > max_bytes:
            raise ImageError(self.name, f"has {len(self.data):,} bytes; the limit is {max_bytes:,}")
        return self.data

    def fingerprint(self) -> str:
        """A string that changes with the bytes."""
        return f"{self.relative}:{self.sha256()}"

    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()
