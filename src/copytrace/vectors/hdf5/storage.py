"""Checks how a dataset is stored before reading a single byte: no declaration in the file is trusted.

A 2 KB file can declare a million rows that were never written and read as zeros, can point into other files, and can
unpack to a thousand times its size. All this shows in the dataset's description.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import h5py

if TYPE_CHECKING:
    from copytrace.vectors.faults import Faults

LARGEST_BAND = 64 << 20
"""The most bytes to unpack at once to read one row."""

MOST_CHUNKS = 1 << 20
MOST_UNPACKING = 200
"""Unpacked bytes per stored byte, for datasets above `LARGEST_BAND`; computed vectors compress little."""

_SHUFFLE, _GZIP = h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE
ALLOWED_FILTERS = ((), (_SHUFFLE,), (_GZIP,), (_SHUFFLE, _GZIP))
_FILTER_NAMES = {
    _GZIP: "gzip",
    _SHUFFLE: "shuffle",
    h5py.h5z.FILTER_FLETCHER32: "fletcher32",
    h5py.h5z.FILTER_SZIP: "szip",
    h5py.h5z.FILTER_NBIT: "nbit",
    h5py.h5z.FILTER_SCALEOFFSET: "scaleoffset",
    h5py.h5z.FILTER_LZF: "lzf",
}


@dataclass(frozen=True)
class Storage:
    """Where the bytes of a dataset are.

    Attributes:
        offset: the offset of the first byte in the file, or None if the dataset is stored in chunks.
        chunk: the shape of a chunk; empty if the dataset is not stored in chunks.
        filters: the filters of each chunk, in the order applied: shuffle, deflate (gzip).
        bands: the offset of each chunk's first byte, if chunks hold whole rows and no filter was used.
    """

    offset: int | None
    chunk: tuple[int, ...] = ()
    filters: tuple[int, ...] = ()
    bands: tuple[int, ...] = ()


def judge_place(dataset: h5py.h5d.DatasetID, name: str, faults: Faults) -> bool:
    """Whether a dataset is stored in its own file; before this check, not even its shape may be read."""
    created = dataset.get_create_plist()
    if created.get_layout() == h5py.h5d.VIRTUAL:
        faults.add(f"{name!r} is a virtual dataset, which reads other files; store the values in this file.")
        return False
    if created.get_layout() == h5py.h5d.COMPACT:
        faults.add(
            f"{name!r} is stored in the compact layout; write it contiguous or in chunks, as h5py does."
        )
        return False
    if created.get_external_count():
        faults.add(f"{name!r} keeps its values in another file (external storage); store them in this file.")
        return False
    return True


def judge_storage(
    dataset: h5py.h5d.DatasetID, name: str, itemsize: int, file_bytes: int, faults: Faults
) -> Storage | None:
    """Where a dataset's values are; None and a fault if some are missing or unpack to an absurd size."""
    created = dataset.get_create_plist()
    declared = prod(dataset.shape) * itemsize
    if created.get_layout() != h5py.h5d.CHUNKED:
        return _contiguous(dataset, name, declared, file_bytes, faults)
    filters = tuple(created.get_filter(position)[0] for position in range(created.get_nfilters()))
    if filters not in ALLOWED_FILTERS:
        names = ", ".join(_FILTER_NAMES.get(code, f"filter {code}") for code in filters)
        faults.add(f"{name!r} is packed with {names}; expected gzip, with or without shuffle, or none.")
        return None
    storage = Storage(None, created.get_chunk(), filters)
    if not _fitting_chunks(dataset, name, storage.chunk, itemsize, faults):
        return None
    return _stored_chunks(dataset, name, storage, itemsize, file_bytes=file_bytes, faults=faults)


def _contiguous(
    dataset: h5py.h5d.DatasetID, name: str, declared: int, file_bytes: int, faults: Faults
) -> Storage | None:
    offset = dataset.get_offset()
    stored = 0 if offset is None else min(dataset.get_storage_size(), file_bytes - offset)
    if stored < declared:
        faults.add(_incomplete(name, declared, stored))
        return None
    return Storage(offset)


def _incomplete(name: str, declared: int, stored: int) -> str:
    return (
        f"{name!r} declares {declared:,} bytes, but the file stores {max(stored, 0):,} of them,"
        " and the rest would read as zeros. Write all rows."
    )


def _fitting_chunks(
    dataset: h5py.h5d.DatasetID, name: str, chunk: tuple[int, ...], itemsize: int, faults: Faults
) -> bool:
    """Whether a row can be read by unpacking little, and the number of chunks is reasonable."""
    rows, *columns = dataset.shape
    band = max(prod(chunk), min(chunk[0], rows) * prod(columns)) * itemsize
    if band > LARGEST_BAND:
        faults.add(
            f"{name!r} has chunks of the shape {chunk}: {band:,} bytes must be unpacked to read a row; expected at most"
            f" {LARGEST_BAND:,}. Write smaller chunks, or none."
        )
        return False
    if _chunk_count(dataset, chunk) > MOST_CHUNKS:
        faults.add(
            f"{name!r} has {_chunk_count(dataset, chunk):,} chunks of the shape {chunk}; expected at most"
            f" {MOST_CHUNKS:,}. Write larger chunks, or none."
        )
        return False
    return True


def _chunk_count(dataset: h5py.h5d.DatasetID, chunk: tuple[int, ...]) -> int:
    return prod(-(-length // step) for length, step in zip(dataset.shape, chunk, strict=True))


def _stored_chunks(
    dataset: h5py.h5d.DatasetID,
    name: str,
    storage: Storage,
    itemsize: int,
    *,
    file_bytes: int,
    faults: Faults,
) -> Storage | None:
    """Where the chunks are, if every chunk is stored in bytes of its own and unpacks like vectors."""
    chunk_bytes = prod(storage.chunk) * itemsize
    wanted = _chunk_count(dataset, storage.chunk)
    sizes: list[int] = []
    places: dict[int, int] = {}

    def note(chunk: h5py.h5d.StoreInfo) -> bool | None:
        sizes.append(chunk.size)
        places[chunk.chunk_offset[0] // storage.chunk[0]] = chunk.byte_offset
        return True if len(sizes) > wanted else None  # A damaged index can loop endlessly.

    dataset.chunk_iter(note)
    stored = sum(sizes)
    if len(sizes) < wanted:
        faults.add(_incomplete(name, wanted * chunk_bytes, len(sizes) * chunk_bytes))
    elif len(sizes) > wanted or stored > file_bytes or (not storage.filters and set(sizes) != {chunk_bytes}):
        faults.add(
            f"{name!r} has an index of {len(sizes):,} chunks with {stored:,} bytes impossible in a file"
            f" of {file_bytes:,}. Write the file again."
        )
    elif wanted * chunk_bytes > max(LARGEST_BAND, MOST_UNPACKING * stored):
        faults.add(
            f"{name!r} unpacks from {stored:,} bytes to {wanted * chunk_bytes:,}; expected at most"
            f" {MOST_UNPACKING} times as much. Write it without gzip."
        )
    elif storage.filters or storage.chunk[1:] != dataset.shape[1:] or places.keys() != set(range(wanted)):
        return storage
    else:
        return replace(storage, bands=tuple(places[band] for band in range(wanted)))
    return None
