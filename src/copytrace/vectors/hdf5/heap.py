"""Reads text of variable length from a file's heap, where HDF5 stores it apart from the datasets.

The HDF5 library allocates whatever length a text claims, and loops endlessly in a heap whose free space claims to be
empty. So heaps are read here, as the format defines them ("III.E. Disk Format: Level 1E - Global Heap" of the HDF5
File Format Specification).
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

VARIABLE_TEXT = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])
"""How a dataset stores text of variable length: its length, and its collection and index in the heap."""

_HEADER = struct.Struct("<4sB3xQ")  # Signature, version, size of the collection including this header.
_OBJECT = struct.Struct("<HH4xQ")  # Index (0: the rest is free), references, size excluding this header.
_START = b"GCOL\x01\0\0\0"
_LARGEST_COLLECTION = 16 << 20
_LARGEST_OFFSET = 2**63 - 1


def heap_texts(descriptor: int, records: npt.NDArray[Any], base: int) -> list[bytes]:
    """The texts that records of the type `VARIABLE_TEXT` point to.

    Each collection of the heap is read once, whatever the order of the records, and only the texts are kept.

    Args:
        descriptor: the open file.
        records: (n,) the locations of the texts.
        base: the size of the file's user block, after which addresses start.

    Raises:
        ValueError: a record points nowhere, or the heap is damaged or larger than its file.
    """
    texts = [b""] * len(records)
    unread = os.fstat(descriptor).st_size
    together = int(records["length"].sum(dtype=np.int64))
    if together > unread:
        raise ValueError(f"the texts claim {together:,} bytes in total, more than the file has")
    filled = np.flatnonzero(records["length"])
    order = filled[np.argsort(records["address"][filled], kind="stable")]
    addresses, starts = np.unique(records["address"][order], return_index=True)
    for address, group in zip(addresses.tolist(), np.split(order, starts)[1:], strict=True):
        collection = _read_collection(descriptor, base + address)
        unread -= len(collection)
        if unread < 0:
            raise ValueError("the heap is larger than the file")
        places = dict(_objects(collection))
        for row in group.tolist():
            length, _, index = records[row].tolist()
            start, stop = places.get(index, (0, 0))
            if stop - start < length:
                raise ValueError(
                    f"the text of row {row} claims {length} bytes, but {stop - start} are stored"
                )
            texts[row] = collection[start : start + length]
    return texts


def _read_collection(descriptor: int, address: int) -> bytes:
    header = os.pread(descriptor, _HEADER.size, address) if address <= _LARGEST_OFFSET else b""
    if not header.startswith(_START) or len(header) < _HEADER.size:
        raise ValueError(f"there is no heap at byte {address:,}")
    size = _HEADER.unpack(header)[2]
    collection = os.pread(descriptor, min(size, _LARGEST_COLLECTION), address)
    if len(collection) < size:
        raise ValueError(f"the heap at byte {address:,} claims {size:,} bytes")
    return collection


def _objects(collection: bytes) -> Iterator[tuple[int, tuple[int, int]]]:
    """The index of each object of a collection, and the start and end of its bytes."""
    place = _HEADER.size
    while place + _OBJECT.size <= len(collection):
        index, _, size = _OBJECT.unpack_from(collection, place)
        start = place + _OBJECT.size
        # The size of free space includes its header, that of other objects does not; all are padded to 8 bytes.
        place = place + size if index == 0 else start + -(-size // 8) * 8
        if place < start or place > len(collection):
            raise ValueError(f"an object of the heap claims {size:,} bytes")
        if index:
            yield index, (start, start + size)
