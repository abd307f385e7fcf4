"""Decodes an image file to an upright RGB picture; hostile bytes raise an `ImageError`."""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError

from copytrace.errors import ImageError
from copytrace.images._pillow import open_image, strict_pillow
from copytrace.images.colour import to_rgb
from copytrace.images.cut_jpeg import END, LEAST, decoded_share
from copytrace.images.formats import format_of
from copytrace.images.jpeg_scans import MAX_SCANS, count_scans
from copytrace.images.reasons import why_not_decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copytrace.images.file import ImageFile
    from copytrace.images.read_ahead import ReadImage

MAX_PIXELS = 250_000_000
"""The most pixels that an image may declare, enough for a 200-megapixel phone photograph. Decoded, a picture of
that size takes 1 GB, and twice that while its transparent parts are filled."""

MAX_SIDE = 65_535
"""The longest side that an image may declare, in pixels; a JPEG cannot be longer."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = range(5, 9)
"""Orientations that swap width and height."""


def decode_image(
    data: bytes,
    name: str,
    *,
    smallest_side: int | None = None,
    max_pixels: int = MAX_PIXELS,
    warn: Callable[[str], None] | None = None,
) -> Image.Image:
    """Decode an image to RGB, 8 bits a channel, upright, with transparent parts over white or black.

    Reads JPEG, PNG, WebP, GIF (first frame), TIFF (first page), BMP, AVIF and, with the extra `formats`, HEIC, whatever
    the file's extension. The same bytes and arguments always give the same pixels. See `to_rgb` for colours.

    Args:
        data: the whole file.
        name: the image's name in errors.
        smallest_side: lets a JPEG be decoded at 1/2, 1/4 or 1/8 of its size, which is faster, while its shorter
            side keeps at least this many pixels. Other formats are always decoded at full size.
        max_pixels: the most pixels the file may declare; checked before decoding.
        warn: called if a JPEG ends early. It is cut to the rows it has, if these are more than half.

    Raises:
        ImageError: the bytes are not a readable image, are truncated or damaged, or declare too many pixels.

    >>> decode_image(b"Hello, world", "hello.jpg")
    Traceback (most recent call last):
    copytrace.errors.ImageError: hello.jpg: not an image (starts with text: 'Hello, world')
    """
    return decode_scaled(data, name, smallest_side=smallest_side, max_pixels=max_pixels, warn=warn)[0]


def decode_scaled(
    data: bytes,
    name: str,
    *,
    smallest_side: int | None = None,
    max_pixels: int = MAX_PIXELS,
    warn: Callable[[str], None] | None = None,
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode an image as `decode_image` does; also return its width and height at full size, upright."""
    with _explained(data, name, max_pixels):
        image = _opened(data, name, max_pixels)
        size = image.size
        try:
            image = _loaded(image, smallest_side)
        except OSError:
            # Some files end early. Use their rows, as browsers do.
            share = (
                0.0 if image.format != "JPEG" or data.endswith(END) else decoded_share(image, data, size[1])
            )
            if share <= LEAST:
                raise
            image = _loaded(_opened(data + END, name, max_pixels), smallest_side)
            image = image.crop((0, 0, image.width, round(share * image.height)))
            if warn is not None:
                warn(f"upper {share:.0%} used" if share < 1 else "all rows used")
        orientation = _orientation(image)
        return _upright(to_rgb(image), orientation), _turned(size, orientation)


def _loaded(image: Image.Image, smallest_side: int | None) -> Image.Image:
    """The image with its pixels, at a fraction of its size where that suffices."""
    if smallest_side:
        image.draft(None, (smallest_side, smallest_side))
    image.load()
    return image


def image_size(data: bytes, name: str, *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Read an image's upright width and height from its header, without decoding. See `decode_image`.

    Raises:
        ImageError: the bytes are not a readable image, or declare too many pixels.
    """
    with _explained(data, name, max_pixels):
        image = _opened(data, name, max_pixels)
        return _turned(image.size, _orientation(image))


@contextmanager
def _explained(data: bytes, name: str, max_pixels: int) -> Iterator[None]:
    """Read an image with Pillow's switches set, and turn every error into an `ImageError`."""
    if not data:
        raise ImageError(name, "the file is empty")
    try:
        with strict_pillow(max_pixels):
            yield
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        # Some readers allocate while reading the header, so Pillow checks first; its message starts with the number.
        pixels = int(re.findall(r"\d+", str(error))[0])
        raise ImageError(name, _too_many(pixels, max_pixels)) from error
    except Exception as error:
        # Pillow's readers raise nearly every type of error on damaged bytes.
        raise ImageError(name, why_not_decoded(data, error)) from error


def _turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation in _SIDEWAYS else size


def load_image(
    file: ImageFile | ReadImage,
    *,
    smallest_side: int | None = None,
    max_pixels: int = MAX_PIXELS,
    warn: Callable[[str], None] | None = None,
) -> Image.Image:
    """Read and decode an image of a source; see `decode_image` for the result and the options.

    Raises:
        ImageError: it cannot be read or decoded.
    """
    return decode_image(
        file.read_bytes(), file.name, smallest_side=smallest_side, max_pixels=max_pixels, warn=warn
    )


def _opened(data: bytes, name: str, max_pixels: int) -> Image.Image:
    """Open an image and check its header; its pixels stay encoded."""
    file_format = format_of(data)
    if file_format is None:
        raise UnidentifiedImageError
    image = open_image(BytesIO(data), file_format)
    width, height = image.size
    pixels = max(width * height, _tile_pixels(image))
    if pixels > max_pixels:
        raise ImageError(name, _too_many(pixels, max_pixels))
    if max(width, height) > MAX_SIDE:
        raise ImageError(name, f"{width} x {height} pixels declared; the limit per side is {MAX_SIDE:,}")
    if file_format == "JPEG" and (scans := count_scans(data)) > MAX_SCANS:
        raise ImageError(name, f"{scans} progressive scans; the limit is {MAX_SCANS}")
    return image


def _tile_pixels(image: Image.Image) -> int:
    """The pixels of a TIFF tile, which is decoded whole and may be larger than the picture; else 0."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return 0
    width, height = (
        image.tag_v2.get(tag, 0) for tag in (TiffImagePlugin.TILEWIDTH, TiffImagePlugin.TILELENGTH)
    )
    return int(width * height)


def _too_many(pixels: int, limit: int) -> str:
    # Rounded up to a tenth, so one pixel too many does not look like the limit itself.
    megapixels = math.ceil(pixels / 100_000) / 10
    return f"{megapixels:,.10g} megapixels declared; the limit is {limit / 1_000_000:,.10g}"


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation of a loaded image, 1 to 8; 1 if missing or unreadable."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - damaged metadata may raise anything, and the picture itself is sound
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)
