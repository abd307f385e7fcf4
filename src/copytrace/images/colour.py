"""Converts pictures of any colour mode to plain 8-bit RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import ByteArray

_ROWS_AT_ONCE = 256

_SHOWN = 128
"""The lowest opacity of a visible pixel."""
_NEAR_WHITE = 240
_WHITE_SHARE = 0.9


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert a picture to mode RGB, detached from its file and metadata.

    Transparent parts become white, or black if the drawing itself is white and would vanish. Grey and 1-bit
    pictures get three equal channels. Of 16 bits, the upper 8 are kept. 32-bit integers and floats are scaled by
    the smallest of the usual ranges that holds them (0..1 for floats, 0..255, 0..65535). If none does, they are
    stretched from their minimum to their maximum; infinite values and NaN count as the minimum or maximum. CMYK is
    converted without a profile, and embedded profiles are ignored.
    """
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Pillow treats every CMYK JPEG as inverted, but only Adobe's are, and those carry its marker.
        image = ImageChops.invert(image)
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.has_transparency_data:
        return _over_ground(image.convert("RGBA"))
    plain = image.convert("RGB")
    plain.info.clear()
    return plain


def _over_ground(image: Image.Image) -> Image.Image:
    canvas = Image.new("RGB", image.size, "black" if _is_white_drawing(image) else "white")
    canvas.paste(image, mask=image)
    return canvas


def _is_white_drawing(image: Image.Image) -> bool:
    """Whether nearly all visible pixels of an RGBA picture are near white, as in a white logo."""
    red, green, blue, alpha = image.split()
    shown = alpha.point([0] * _SHOWN + [255] * (256 - _SHOWN))
    darkest_channel = ImageChops.darker(red, ImageChops.darker(green, blue))
    counts = darkest_channel.histogram(shown)
    return sum(counts[_NEAR_WHITE:]) > _WHITE_SHARE * sum(counts)


def _eight_bits(values: npt.NDArray[np.generic]) -> ByteArray:
    """Convert (h, w) 32-bit integers or floats to (h, w) uint8; see `to_rgb` for the ranges."""
    blocks = np.array_split(values, range(_ROWS_AT_ONCE, len(values), _ROWS_AT_ONCE))
    low, high = _finite_range(blocks)
    offset, factor = _scale(low, high, is_float=values.dtype.kind == "f")
    # Block by block, since 64-bit floats of a whole large picture would take gigabytes.
    scaled = (
        np.rint((np.nan_to_num(block.astype(np.float64), nan=low, posinf=high, neginf=low) - offset) * factor)
        for block in blocks
    )
    return np.concatenate([block.astype(np.uint8) for block in scaled])


def _finite_range(blocks: list[npt.NDArray[np.generic]]) -> tuple[float, float]:
    """The smallest and the largest finite value; 0 and 0 if there is none."""
    finite = [block[np.isfinite(block)] for block in blocks]
    ranges = [(float(block.min()), float(block.max())) for block in finite if block.size]
    return min((low for low, _ in ranges), default=0.0), max((high for _, high in ranges), default=0.0)


def _scale(low: float, high: float, *, is_float: bool) -> tuple[float, float]:
    """The offset to subtract and the factor to multiply by, to map low..high into 0..255."""
    for top in (1, 255, 65535) if is_float else (255, 65535):
        if low >= 0 and high <= top:
            return 0.0, 255 / top
    return low, 255 / (high - low) if high > low else 1.0
