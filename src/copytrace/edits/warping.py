"""Resamples an image through a matrix or a field, in the coordinates of `mapping`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.edit import Edited
from copytrace.edits.pixels import Colour, exact, size_of
from copytrace.geometry import Field, Projective, Size

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.records import ByteArray, Float32Array, FloatArray

# A displacement field is smooth: it is computed for every eighth pixel and enlarged.
_STEP = 8


def warped(image: ByteArray, to_source: FloatArray, size: Size, fill: Colour) -> Edited:
    """Resample through a 3x3 matrix from the new image to the old; `fill` is the colour of empty areas.

    It does not average the old pixels: for matrices that shrink to less than half, resize first.
    """
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    matrix = np.linalg.inv(centre) @ to_source @ centre
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    if np.array_equal(to_source[2], (0, 0, 1)):
        result = cv2.warpAffine(image, matrix[:2], size, flags=flags, borderValue=fill)
    else:
        result = cv2.warpPerspective(image, matrix, size, flags=flags, borderValue=fill)
    return Edited(exact(result).reshape(size[1], size[0], 3), Projective(size, size_of(image), to_source))


def displaced(
    image: ByteArray, source_of: Callable[[Float32Array, Float32Array], tuple[Float32Array, Float32Array]]
) -> Edited:
    """Resample through a smooth displacement that keeps the size.

    Args:
        image: the image.
        source_of: maps x and y of points in the new image to x and y of their content in the old one.
    """
    width, height = size_of(image)
    x, y = (_axis(side) for side in (width, height))
    coarse = source_of(*np.meshgrid(x, y))
    fields = [_refined(field, (width, height)) for field in coarse]
    result = cv2.remap(
        image, fields[0] - 0.5, fields[1] - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mapping = Field((width, height), (width, height), np.stack(fields, axis=2))
    return Edited(exact(result).reshape(height, width, 3), mapping)


def _axis(side: int) -> Float32Array:
    """Coordinates of coarse cells' centres, with one more cell at either end."""
    return np.asarray((np.arange(-1, -(-side // _STEP) + 1) + 0.5) * _STEP, np.float32)


def _refined(coarse: Float32Array, size: Size) -> Float32Array:
    """A value for each pixel centre, interpolated linearly between the coarse ones."""
    rows, columns = coarse.shape
    fine = cv2.resize(coarse, (columns * _STEP, rows * _STEP), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine[_STEP : _STEP + size[1], _STEP : _STEP + size[0]], np.float32)
