"""From an image of a source to its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.images.decode import MAX_PIXELS, decode_image

if TYPE_CHECKING:
    from PIL import Image

    from copytrace.images.file import ImageFile
    from copytrace.images.read_ahead import ReadImage


def load_image(
    file: ImageFile | ReadImage, *, smallest_side: int | None = None, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Read and decode an image; see `decode_image` for the picture and the options.

    Raises:
        ImageError: it cannot be read, or not be decoded.
    """
    return decode_image(file.read_bytes(), file.name, smallest_side=smallest_side, max_pixels=max_pixels)
