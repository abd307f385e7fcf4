"""Round trips through lossy file formats in memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from copytrace.edits.pixels import resized, size_of

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import ByteArray

# WebP supports no longer sides.
_WEBP_SIDE = 16_383


def through_jpeg(image: ByteArray, quality: int) -> ByteArray:
    """Encode and decode as JPEG; with colours at full resolution from quality 95, like cameras."""
    subsampling = 0 if quality >= 95 else 2  # noqa: PLR2004 - the usual border
    return _through(image, "JPEG", quality=quality, subsampling=subsampling)


def through_webp(image: ByteArray, quality: int) -> ByteArray:
    """Encode and decode as lossy WebP, with the fastest method; longer sides than WebP supports are scaled down."""
    size = size_of(image)
    fitting: Size = (min(size[0], _WEBP_SIDE), min(size[1], _WEBP_SIDE))
    return resized(_through(resized(image, fitting), "WEBP", quality=quality, method=0), size)


def _through(image: ByteArray, kind: str, **options: int) -> ByteArray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind, **options)
    file.seek(0)
    with Image.open(file) as decoded:
        return np.asarray(decoded.convert("RGB"))
