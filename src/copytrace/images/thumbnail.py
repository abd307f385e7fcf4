"""A small picture for a page, with the image's own size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.images.decode import decode_scaled
from copytrace.images.resize import thumbnail_jpeg

if TYPE_CHECKING:
    from copytrace.images.file import ImageFile


@dataclass(frozen=True)
class Thumbnail:
    """A small JPEG of an image.

    Attributes:
        jpeg: the file.
        width: pixels of the original image, upright.
        height: the same.
    """

    jpeg: bytes
    width: int
    height: int


def load_thumbnail(file: ImageFile, longest_side: int) -> Thumbnail:
    """Read an image as a thumbnail, without decoding a large JPEG at full size.

    Args:
        file: the image.
        longest_side: the longest side of the thumbnail in pixels; a smaller image keeps its size.

    Raises:
        ImageError: it cannot be read or decoded.
    """
    image, size = decode_scaled(file.read_bytes(), file.name, smallest_side=longest_side)
    return Thumbnail(thumbnail_jpeg(image, longest_side), *size)
