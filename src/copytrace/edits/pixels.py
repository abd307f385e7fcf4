"""The image format of edits, and OpenCV's operations on it with exact types.

An image here is a C-contiguous (h, w, 3) uint8 RGB array with at least one pixel and no side above LONGEST_SIDE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from copytrace.errors import EditError
from copytrace.images.colour import to_rgb

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.geometry import Size
    from copytrace.records import ByteArray, Float32Array

Colour = tuple[int, int, int]

_CHANNELS = ((1,), (3,), (4,))
# A narrower kernel changes no byte; from the wider one, half the pixels contain all that remains.
_NARROW_BLUR, _WIDE_BLUR = 0.1, 4

LONGEST_SIDE = 32_000
"""OpenCV's warps support sides below 2**15."""


LUMA = (0.299, 0.587, 0.114)
"""The weights of red, green and blue in lightness, as in JPEG and television."""


def as_pixels(image: Image.Image | npt.NDArray[Any]) -> ByteArray:
    """Convert any picture to the format of edits: alpha is laid over white, grey becomes three channels.

    Args:
        image: a Pillow image of any mode, or a uint8 array (h, w), (h, w, 1), (h, w, 3) or (h, w, 4).

    Raises:
        EditError: it has another shape or type, no pixels, or a side above LONGEST_SIDE.

    >>> as_pixels(Image.new("LA", (3, 2), (9, 255))).shape
    (2, 3, 3)
    """
    if isinstance(image, Image.Image):
        image = np.asarray(to_rgb(image))
    if image.dtype == np.uint8 and image.ndim == 2:  # noqa: PLR2004 - grey
        image = image[..., None]
    if image.dtype != np.uint8 or image.shape[2:] not in _CHANNELS:
        raise EditError(
            f"image: is an array {image.shape} {image.dtype}; expected uint8 (h, w), (h, w, 1), (h, w, 3) "
            "or (h, w, 4)."
        )
    if image.size == 0 or max(image.shape[:2]) > LONGEST_SIDE:
        raise EditError(
            f"image: is {image.shape[1]} x {image.shape[0]}; expected 1 to {LONGEST_SIDE} pixels per side. "
            "Shrink it first."
        )
    match image.shape[2]:
        case 1:
            return np.repeat(image, 3, axis=2)
        case 4:
            return _on_white(image)
        case _:
            return np.ascontiguousarray(image)


def _on_white(image: ByteArray) -> ByteArray:
    white = np.full((*image.shape[:2], 3), 255, np.uint8)
    return blended(white, np.ascontiguousarray(image[..., :3]), opacity(image[..., 3]))


def exact(image: npt.NDArray[Any]) -> ByteArray:
    """Tell the type checker that OpenCV returned uint8, as it does for every uint8 input."""
    return np.asarray(image, dtype=np.uint8)


def size_of(image: npt.NDArray[Any]) -> Size:
    """Width and height of an array image."""
    return int(image.shape[1]), int(image.shape[0])


def short_side(image: npt.NDArray[Any]) -> int:
    """The smaller of width and height, the unit of relative lengths."""
    return min(size_of(image))


def scaled_size(size: Size, factor: float) -> Size:
    """The size times a factor, at least one pixel and at most LONGEST_SIDE per side."""
    width, height = (min(LONGEST_SIDE, max(1, round(side * factor))) for side in size)
    return width, height


def resized(image: ByteArray, size: Size) -> ByteArray:
    """Resample to a size: area means if a side shrinks, cubic if both grow."""
    if size == size_of(image):
        return image
    shrinks = size[0] < image.shape[1] or size[1] < image.shape[0]
    result = exact(cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC))
    return result.reshape(size[1], size[0], *image.shape[2:])


def covering(image: ByteArray, size: Size) -> ByteArray:
    """Scale until the image covers a size, and cut out its centre, like a desktop background."""
    width, height = size
    factor = max(width / image.shape[1], height / image.shape[0])
    cut_width, cut_height = (
        min(side, max(1, round(want / factor))) for side, want in zip(size_of(image), size, strict=True)
    )
    left, top = (image.shape[1] - cut_width) // 2, (image.shape[0] - cut_height) // 2
    return resized(np.ascontiguousarray(image[top : top + cut_height, left : left + cut_width]), size)


def blurred(image: ByteArray, sigma: float) -> ByteArray:
    """Gaussian blur with a standard deviation in pixels; wide ones use a smaller image, which is invisible."""
    if sigma < _NARROW_BLUR:
        return image
    size = size_of(image)
    half = scaled_size(size, 0.5)
    if sigma > _WIDE_BLUR and min(half) > 1:
        return resized(blurred(resized(image, half), sigma / 2), size)
    return exact(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)).reshape(image.shape)


def blended(below: ByteArray, above: ByteArray, weight: Float32Array) -> ByteArray:
    """Lay one image over another of the same size; `weight` (h, w) in [0, 1] is the share of the upper one."""
    return exact(cv2.blendLinear(above, below, weight, 1 - weight)).reshape(below.shape)


def opacity(mask: ByteArray) -> Float32Array:
    """(h, w) coverage in bytes as float32 from 0 to 1."""
    return np.asarray(mask, np.float32) / np.float32(255)


def mixed(first: ByteArray, second: ByteArray, share: float) -> ByteArray:
    """Mix two images of the same size: `share` in [0, 1] of the second."""
    return exact(cv2.addWeighted(first, 1 - share, second, share, 0)).reshape(first.shape)


def through_table(image: ByteArray, table: npt.NDArray[np.number]) -> ByteArray:
    """Look up every value in a table (256,), or (256, 3) with one column per channel; clipped to 0-255."""
    values = np.clip(np.rint(table), 0, 255).astype(np.uint8)
    return exact(cv2.LUT(image, values.reshape(1, 256, -1) if values.ndim > 1 else values)).reshape(
        image.shape
    )


def grey_of(image: ByteArray) -> ByteArray:
    """(h, w) luma, as JPEG defines it."""
    return exact(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)).reshape(image.shape[:2])


def filled(size: Size, colour: Colour) -> ByteArray:
    """An image of one colour."""
    # Whole rows at a time: ten times as fast as three bytes at a time.
    image = np.empty((size[1], size[0] * 3), np.uint8)
    image[:] = np.tile(np.array(colour, np.uint8), size[0])
    return image.reshape(size[1], size[0], 3)
