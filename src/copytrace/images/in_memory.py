"""Images whose bytes are in memory: those of a file, a PIL image, or an array."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from copytrace.errors import ImageError, InputError
from copytrace.images.colour import to_rgb
from copytrace.images.file import MAX_BYTES, ImageFile

if TYPE_CHECKING:
    import numpy.typing as npt

Picture = Path | str | bytes | Image.Image | np.ndarray[Any, Any]
"""A file, the bytes of one, a PIL image, or an array: (h, w, 3) RGB or (h, w) grey, uint8."""


@dataclass(frozen=True, slots=True)
class MemoryImage(ImageFile):
    """An image without a file; see `ImageFile`.

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


def memory_image(picture: Picture, name: str = "") -> MemoryImage:
    """A picture as an image in memory; one without a file becomes a BMP, which is fast to write.

    Args:
        picture: the picture.
        name: its name; by default the name of its file, or the kind of picture.

    Raises:
        ImageError: the file cannot be read.
        InputError: it is not a picture.
    """
    match picture:
        case np.ndarray():
            return _named(name or "array", _encoded(_of_array(picture)))
        case Image.Image():
            return _named(name or "picture", _encoded(picture))
        case bytes():
            return _named(name or "bytes", picture)
        case str() | Path():
            file = ImageFile(name or Path(picture).stem, str(picture), Path(picture).name)
            return MemoryImage(file.id, file.path, file.relative, data=file.read_bytes())
    raise InputError(
        f"Expected a picture: a path, bytes, a PIL image or an array; this is a {type(picture).__name__}."
    )


def _named(name: str, data: bytes) -> MemoryImage:
    return MemoryImage(name, name, name, data=data)


def _encoded(picture: Image.Image) -> bytes:
    content = BytesIO()
    to_rgb(picture).save(content, "BMP")
    return content.getvalue()


def _of_array(array: npt.NDArray[Any]) -> Image.Image:
    grey_or_rgb = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)  # noqa: PLR2004 - axes and channels
    if array.dtype != np.uint8 or not grey_or_rgb or 0 in array.shape:
        raise InputError(
            f"The array is {array.shape} {array.dtype}; expected (height, width, 3) RGB or (height, width) grey, uint8."
        )
    return Image.fromarray(array)
