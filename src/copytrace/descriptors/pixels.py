"""Converts the bytes of a picture to the numbers that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import ByteArray, Float32Array


def network_pixels(
    picture: ByteArray, scale: Float32Array | np.float32, offset: Float32Array | np.float32
) -> Float32Array:
    """(h, w, 3) uint8 to (3, h, w) float32: each value times the scale, plus the offset.

    Args:
        picture: any size.
        scale: one for all, or (3, 1, 1) for each channel.
        offset: likewise.
    """
    # Channels are regrouped as bytes first, which takes half the time.
    pixels = np.ascontiguousarray(picture.transpose(2, 0, 1)).astype(np.float32)
    pixels *= scale
    pixels += offset
    return pixels
