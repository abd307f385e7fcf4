"""A decoded picture as bytes: how a process that decodes hands it to another one, without a pickle."""

from __future__ import annotations

import json
import struct
from typing import NamedTuple

from PIL import Image

from copytrace.errors import ImageError
from copytrace.images.decode import decode_scaled

_HEAD = struct.Struct("<IIII")
_LENGTH = struct.Struct("<I")


class Decoded(NamedTuple):
    """A picture in RGB, which may be smaller than its file says, and its width and height at full size."""

    image: Image.Image
    size: tuple[int, int]


def pack_request(data: bytes, name: str, *, smallest_side: int | None, max_pixels: int) -> bytes:
    """What `decode_packed` takes; see `decode_image` for the arguments."""
    wanted = json.dumps([name, smallest_side, max_pixels]).encode()
    return _LENGTH.pack(len(wanted)) + wanted + data


def decode_packed(request: bytes) -> bytes:
    """Decode the image of a request; the picture as bytes.

    Raises:
        ImageError: it cannot be decoded.
    """
    (length,) = _LENGTH.unpack_from(request)
    start = _LENGTH.size + length
    name, smallest_side, max_pixels = json.loads(request[_LENGTH.size : start])
    image, size = decode_scaled(request[start:], name, smallest_side=smallest_side, max_pixels=max_pixels)
    return _HEAD.pack(*image.size, *size) + image.tobytes()


def unpack_picture(packed: bytes) -> Decoded:
    """Read what `decode_packed` gave, trusting nothing about it.

    Raises:
        ImageError: it is no picture.
    """
    if len(packed) < _HEAD.size:
        raise ImageError("picture", "its decoder gave no picture")
    width, height, *size = _HEAD.unpack_from(packed)
    if not (width and height and len(packed) == _HEAD.size + 3 * width * height):
        raise ImageError("picture", "its decoder gave no picture")
    image = Image.frombytes("RGB", (width, height), packed[_HEAD.size :])
    return Decoded(image, (size[0], size[1]))
