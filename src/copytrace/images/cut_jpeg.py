"""JPEG files that end early: the part that could be decoded, as browsers show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.images.jpeg_scans import count_scans

if TYPE_CHECKING:
    from PIL import Image

END = b"\xff\xd9"
"""The end of a JPEG file. If it is appended, decoders fill the missing part with grey."""

LEAST = 0.5
"""A picture is used if more than this share of its rows could be decoded."""

_BLOCK_ROWS = 32
"""The decoder holds back at most this many decoded rows until it reaches the end."""


def decoded_share(image: Image.Image, data: bytes, full_height: int) -> float:
    """The share of rows from the top that a JPEG has, 0 to 1.

    Args:
        image: the file, after its decoding failed; rows that were not decoded are black.
        data: its bytes.
        full_height: rows of the picture at full size; the image may be decoded at a fraction of it.
    """
    if image.info.get("progressive"):
        # Each scan refines the whole picture. The first is complete if another begins.
        return float(count_scans(data) > 1)
    box = image.im.getbbox()
    share = 0.0 if box is None else box[3] / image.height
    return 1.0 if _BLOCK_ROWS < full_height <= share * full_height + _BLOCK_ROWS else share
