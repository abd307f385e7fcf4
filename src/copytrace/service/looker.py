"""Reads images and answers lookups in a limited process, which a hostile image may crash.

Requests and responses are JSON followed by bytes (`pack`, `unpack`), so neither side unpickles anything.
"""

from __future__ import annotations

import json
import struct
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.errors import ImageError
from copytrace.images import ImageFile, MemoryImage, image_size, load_thumbnail
from copytrace.library import Library, UpgradedError

if TYPE_CHECKING:
    from collections.abc import Callable

_LENGTH = struct.Struct("<I")

THUMBNAIL_SIDE = 1024
"""Longest side of pictures on pages, in pixels."""


def pack(head: dict[str, Any], data: bytes = b"") -> bytes:
    """JSON followed by bytes.

    >>> unpack(pack({"k": 10}, b"bytes"))
    ({'k': 10}, b'bytes')
    """
    text = json.dumps(head).encode()
    return _LENGTH.pack(len(text)) + text + data


def unpack(message: bytes) -> tuple[Any, bytes]:
    """Read what `pack` returned.

    Raises:
        ValueError: the message has another format.
    """
    if len(message) < _LENGTH.size:
        raise ValueError("the message has no header")
    end = _LENGTH.size + _LENGTH.unpack_from(message)[0]
    return json.loads(message[_LENGTH.size : end]), message[end:]


def answer(request: bytes) -> bytes:
    """Answer a request; its header names the operation, the library, and the arguments.

    Raises:
        CopytraceError: as raised by the library.
    """
    head, data = unpack(request)
    library = _opened(head["library"])
    return _WORK[head["do"]](library, head, data)


def _look_up(library: Library, head: dict[str, Any], data: bytes) -> bytes:
    """Look up an image; a small JPEG of it is added if a person must review a match."""
    size = _judged(head, data)
    try:
        found = library.lookup(data, **head["how"])
    except ImageError as error:
        raise ImageError(head["name"], error.reason) from error
    uncertain = [hit.id for hit in found.hits if hit.uncertain]
    jpeg = load_thumbnail(_image(head, data), THUMBNAIL_SIDE).jpeg if uncertain else b""
    told = found.to_dict() | {"query": head["name"], "query_size": size}
    return pack({"lookup": told, "uncertain": uncertain}, jpeg)


def _look_up_vector(library: Library, head: dict[str, Any], data: bytes) -> bytes:
    if library.settings.version != head["version"]:
        raise UpgradedError(library.path)
    vector = np.frombuffer(data, np.float32)
    bias = None if head["bias"] is None else np.array([head["bias"]], np.float32)
    (found,) = library.lookup_vectors(vector[None], bias, **head["how"])
    return pack({"lookup": found.to_dict() | {"query": head["name"], "query_size": None}})


def _describe(library: Library, head: dict[str, Any], data: bytes) -> bytes:
    """Describe an image to be added."""
    _judged(head, data)
    try:
        described = library.describe(data)
    except ImageError as error:
        raise ImageError(head["name"], error.reason) from error
    return pack(
        {"bias": described.bias, "version": described.version}, described.vector.astype(np.float32).tobytes()
    )


def _show(library: Library, head: dict[str, Any], _: bytes) -> bytes:
    """A small JPEG of an item; empty if its image is not at its path."""
    item = library.item(head["id"])
    file = None if item is None else library.file_of(item)
    if file is None:
        return pack({"size": None})
    thumbnail = load_thumbnail(file, THUMBNAIL_SIDE)
    return pack({"size": [thumbnail.width, thumbnail.height]}, thumbnail.jpeg)


_WORK: dict[str, Callable[[Library, dict[str, Any], bytes], bytes]] = {
    "look up": _look_up,
    "look up vector": _look_up_vector,
    "describe": _describe,
    "show": _show,
}


@cache
def _opened(path: str) -> Library:
    """The library, kept open as long as the process lives."""
    return Library.open(Path(path))


def _judged(head: dict[str, Any], data: bytes) -> tuple[int, int]:
    """The size of an image; refuses one that declares too many pixels."""
    return image_size(data, head["name"], max_pixels=head["pixels"])


def _image(head: dict[str, Any], data: bytes) -> ImageFile:
    return MemoryImage("query", head["name"], head["name"], data=data)
