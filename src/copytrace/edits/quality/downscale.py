"""Downscale and upscale: detail lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf
from copytrace.edits.pixels import exact, resized, scaled_size, size_of

if TYPE_CHECKING:
    from copytrace.records import ByteArray


_METHODS = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "nearest": cv2.INTER_NEAREST}


def _downscale(image: ByteArray, *, factor: float, method: str) -> Edited:
    size = size_of(image)
    small = resized(image, scaled_size(size, factor))
    return Edited(exact(cv2.resize(small, size, interpolation=_METHODS[method])).reshape(image.shape))


DOWNSCALE = Edit(
    name="downscale",
    family="quality",
    about="Scales the image down and up again, which loses detail.",
    parameters=(
        Graded(
            "factor",
            1,
            0.06,
            curve="multiplies",
            about="width of the small image divided by that of the large one",
        ),
        OneOf("method", tuple(_METHODS), about="interpolation for scaling up"),
    ),
    transform=_downscale,
)
