"""Finds attributes whose text is in the heap, without the HDF5 library.

The library allocates the length that such a text claims, up to four gigabytes, before checking whether the text
exists, and offers no other way to learn the length. So the attribute is located in the file itself, as the format
defines it ("IV.A.2.m. The Attribute Message" of the HDF5 File Format Specification).
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import numpy as np

from copytrace.vectors.hdf5.heap import VARIABLE_TEXT, heap_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIZES = struct.Struct("<BxHHH")  # Version; sizes of the name with its NUL, the type and the shape.
_BYTES_BEFORE_NAME = {1: 8, 2: 8, 3: 9}
_VARIABLE_LENGTH = 9
_FIRST_BYTES, _BLOCK_BYTES = 1 << 16, 1 << 24


def attribute_text(descriptor: int, name: str, base: int) -> bytes:
    """The text of an attribute of variable length; `base` is the size of the file's user block.

    Raises:
        ValueError: there is no attribute of this name, or its text is not in the heap.
    """
    for place in _places(descriptor, name.encode() + b"\0"):
        for version in _BYTES_BEFORE_NAME:
            record = _record(descriptor, place, version, len(name.encode()) + 1)
            if record:
                return heap_texts(descriptor, np.frombuffer(record, VARIABLE_TEXT), base)[0]
    raise ValueError("it is not where attributes are stored; write it as text of fixed length")


def _places(descriptor: int, wanted: bytes) -> Iterator[int]:
    """Offsets of some bytes in the file; attributes are usually near the beginning."""
    start, size = 0, min(_FIRST_BYTES, _BLOCK_BYTES)
    while block := os.pread(descriptor, size + len(wanted) - 1, start):
        found = block.find(wanted)
        while found >= 0:
            yield start + found
            found = block.find(wanted, found + 1)
        start, size = start + size, min(2 * size, _BLOCK_BYTES)


def _record(descriptor: int, name_place: int, version: int, name_size: int) -> bytes:
    """The heap record of the attribute whose name is at an offset; empty if there is none."""
    place = max(0, name_place - _BYTES_BEFORE_NAME[version])
    found_version, *sizes = _SIZES.unpack(os.pread(descriptor, _SIZES.size, place))
    if (found_version, sizes[0]) != (version, name_size):
        return b""
    if version == 1:  # In this version, each part is padded to a multiple of 8 bytes.
        sizes = [-(-size // 8) * 8 for size in sizes]
    type_class = os.pread(descriptor, 1, name_place + sizes[0])
    record = os.pread(descriptor, VARIABLE_TEXT.itemsize, name_place + sum(sizes))
    if len(record) < VARIABLE_TEXT.itemsize or type_class[0] & 0x0F != _VARIABLE_LENGTH:
        return b""
    return record
