"""The picture that a descriptor takes as input, and how to make it from an image file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from copytrace.images.decode import load_image
from copytrace.images.resize import to_input

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.images.file import ImageFile
    from copytrace.images.read_ahead import ReadImage
    from copytrace.records import ByteArray

Resize = Literal["squash", "crop", "keep"]
RESIZES: tuple[Resize, ...] = ("squash", "crop", "keep")

LONGEST = 4
"""With `keep`, a longer side above this many times the shorter one is squashed to it."""


@dataclass(frozen=True)
class Input:
    """The picture that a descriptor takes as input.

    Attributes:
        width: pixels.
        height: pixels.
        grey: one channel (luma) instead of RGB.
        enlarge: whether to enlarge a smaller picture; otherwise one that fits stays as it is (`squash` only).
        resize: `squash` scales the whole picture to width x height, whatever its shape; `crop` scales its shorter
            side to `short_side` and cuts width x height out of the middle; `keep` scales its shorter side to
            `short_side` and keeps its shape; width and height then apply to square pictures.
        short_side: pixels of the shorter side, for `crop` and `keep`.
        bicubic: bicubic instead of bilinear resampling.
        exact: resample the full picture once, as the authors of published weights did. Otherwise a JPEG is decoded
            at a half, a quarter or an eighth of its size where possible, and blocks of pixels are averaged first:
            this is faster and changes a value by 0.3 of 255 on average.
    """

    width: int
    height: int
    grey: bool = False
    enlarge: bool = True
    resize: Resize = "squash"
    short_side: int = 0
    bicubic: bool = False
    exact: bool = False


def load_input(
    file: ImageFile | ReadImage, wanted: Input, warn: Callable[[str], None] | None = None
) -> ByteArray:
    """Read an image as the input of a descriptor; see `fit` for its shape and `decode_image` for `warn`.

    Raises:
        ImageError: it cannot be read or decoded.
    """
    smallest = None if wanted.exact else max(wanted.width, wanted.height, wanted.short_side)
    return fit(load_image(file, smallest_side=smallest, warn=warn), wanted)


def fit(image: Image.Image, wanted: Input) -> ByteArray:
    """Resize a picture to the input size of a descriptor.

    Args:
        image: mode RGB, any size.
        wanted: the size, and how to reach it.

    Returns:
        (height, width, 3) uint8, or (height, width) if grey; with `keep`, and where the picture stays as it is, its
        own height and width.

    >>> fit(Image.new("RGB", (640, 480)), Input(224, 224, resize="crop", short_side=256)).shape
    (224, 224, 3)
    >>> fit(Image.new("RGB", (640, 480)), Input(288, 288, resize="keep", short_side=288)).shape
    (288, 384, 3)
    """
    if wanted.resize == "squash" and not (wanted.exact or wanted.bicubic):
        return to_input(image, wanted.width, wanted.height, grey=wanted.grey, enlarge=wanted.enlarge)
    if wanted.grey:
        image = image.convert("L")
    how = Image.Resampling.BICUBIC if wanted.bicubic else Image.Resampling.BILINEAR
    resized = image.resize(_resized(image, wanted), how, reducing_gap=None if wanted.exact else 3.0)
    return np.array(_middle(resized, wanted) if wanted.resize == "crop" else resized)


def _resized(image: Image.Image, wanted: Input) -> tuple[int, int]:
    """The width and height to resample to; the longer side is rounded down, as in torchvision's Resize."""
    if wanted.resize == "squash":
        return wanted.width, wanted.height
    short, long = sorted(image.size)
    longer = int(wanted.short_side * long / short)
    if wanted.resize == "keep":
        longer = min(longer, LONGEST * wanted.short_side)
    return (wanted.short_side, longer) if image.width <= image.height else (longer, wanted.short_side)


def _middle(image: Image.Image, wanted: Input) -> Image.Image:
    """The middle of a picture, cut as in torchvision's CenterCrop."""
    left, top = round((image.width - wanted.width) / 2), round((image.height - wanted.height) / 2)
    return image.crop((left, top, left + wanted.width, top + wanted.height))
