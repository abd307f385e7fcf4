"""The picture that a descriptor wants to be given, and how an image file becomes it."""

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
"""Under `keep`, a picture's longer side is squashed to this many times the shorter one where it is longer."""


@dataclass(frozen=True)
class Input:
    """The picture that a descriptor wants to be given.

    Attributes:
        width: pixels.
        height: pixels.
        grey: one channel (luma) in place of RGB.
        enlarge: whether a smaller picture is enlarged; otherwise one that fits is left as it is (`squash` only).
        resize: `squash` brings the whole picture to width x height, whatever its shape; `crop` brings its shorter
            side to `short_side` and cuts width x height out of the middle; `keep` brings its shorter side to
            `short_side` and keeps its shape, so that width and height are those of a square picture.
        short_side: pixels of the shorter side, under `crop` and `keep`.
        bicubic: bicubic in place of bilinear resampling.
        exact: resample the full picture once, as the makers of published weights did. Otherwise a JPEG is decoded at
            half, a quarter or an eighth of its size where that suffices, and blocks of pixels are averaged first:
            quicker, and a value moves by 0.3 of 255 on average.
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
        ImageError: it cannot be read, or not be decoded.
    """
    smallest = None if wanted.exact else max(wanted.width, wanted.height, wanted.short_side)
    return fit(load_image(file, smallest_side=smallest, warn=warn), wanted)


def fit(image: Image.Image, wanted: Input) -> ByteArray:
    """Bring a picture to the size that a descriptor wants.

    Args:
        image: mode RGB, any size.
        wanted: the size, and how it is reached.

    Returns:
        (height, width, 3) uint8, or (height, width) if grey; its own height and width under `keep`, and where a
        picture was left as it is.

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
    """The width and height to resample to; a longer side is rounded down, as torchvision's Resize does."""
    if wanted.resize == "squash":
        return wanted.width, wanted.height
    short, long = sorted(image.size)
    longer = int(wanted.short_side * long / short)
    if wanted.resize == "keep":
        longer = min(longer, LONGEST * wanted.short_side)
    return (wanted.short_side, longer) if image.width <= image.height else (longer, wanted.short_side)


def _middle(image: Image.Image, wanted: Input) -> Image.Image:
    """The middle of a picture, cut as torchvision's CenterCrop cuts."""
    left, top = round((image.width - wanted.width) / 2), round((image.height - wanted.height) / 2)
    return image.crop((left, top, left + wanted.width, top + wanted.height))
