"""A checked dataset whose rows are read on access, unpacking no more than was declared.

The HDF5 library says where the bytes are. They are read and unpacked here, because the library's gzip filter unpacks
whatever a chunk contains, even gigabytes in a chunk that declares kilobytes.
"""

from __future__ import annotations

import os
import zlib
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from copytrace.errors import SubmissionError
from copytrace.vectors.hdf5.heap import VARIABLE_TEXT, heap_texts
from copytrace.vectors.hdf5.opening import HDF5_ERRORS, reason

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.vectors.hdf5.element_types import ElementType
    from copytrace.vectors.hdf5.storage import Storage


class StoredArray:
    """A dataset of numbers or texts; a slice reads only its rows.

    Attributes:
        path: the file.
        name: the dataset's name.
        shape: (n,) or (n, d).
        stored: the numpy type in the file.
        dtype: the numpy type when read: float32 for numbers of any type.
        chunks: the shape of a chunk, or None if the rows are contiguous.
    """

    def __init__(
        self, file: h5py.File, name: str, dataset: h5py.h5d.DatasetID, element: ElementType, storage: Storage
    ) -> None:
        self.path: str = file.filename
        self.name = name
        self.shape: tuple[int, ...] = dataset.shape
        self.stored: np.dtype[Any] = element.stored
        numbers = element.stored.kind in "iuf"
        self.dtype: np.dtype[Any] = np.dtype(np.float32) if numbers else element.stored
        self.chunks: tuple[int, ...] | None = storage.chunk or None
        self.padding = element.padding
        self._file = file
        self._dataset = dataset
        self._storage = storage
        # Keeps the file open in a process that opened it for this array only.
        self.keep: object = None
        self._row_bytes = prod(self.shape[1:]) * self.stored.itemsize
        self._last_band: tuple[int, npt.NDArray[Any]] | None = None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        """Rows from start to stop, as a new array; a float64 beyond the range of float32 becomes infinite.

        Raises:
            SubmissionError: the file is damaged in these rows.
        """
        start, stop, _ = rows.indices(len(self))
        try:
            block = np.empty((max(stop - start, 0), *self.shape[1:]), self.stored)
            if self._storage.offset is not None:
                self._fill_from_file(block, self._storage.offset + start * self._row_bytes)
            elif self._storage.bands:
                self._fill_from_bands(block, start)
            else:
                self._fill_from_chunks(block, start)
        except (*HDF5_ERRORS, zlib.error) as error:
            raise self._damaged(start, reason(error)) from error
        with np.errstate(over="ignore", invalid="ignore"):
            return block.astype(self.dtype, copy=False)

    def mapped(self) -> npt.NDArray[Any]:
        """All rows, memory-mapped if they are contiguous and of the type to be read; otherwise read.

        Changes to the array are not written to the file.
        """
        place = self._storage.offset
        if place is None or place % self.stored.alignment or self.stored != self.dtype:
            return self[:]
        # A plain array whose pages are read from the file on access.
        return np.asarray(np.memmap(self.path, self.dtype, "c", place, self.shape))

    @property
    def variable(self) -> bool:
        """Whether this is text of variable length, whose rows only give the text's location."""
        return self.stored == VARIABLE_TEXT

    def texts(self, rows: slice) -> list[bytes]:
        """Some rows of a dataset of texts, including padding.

        Raises:
            SubmissionError: the file is damaged.
        """
        block = self[rows]
        if not self.variable:
            fixed: list[bytes] = block.tolist()
            return fixed
        try:
            return heap_texts(self._file.id.get_vfd_handle(), block, self._file.userblock_size)
        except HDF5_ERRORS as error:
            raise self._damaged(rows.indices(len(self))[0], reason(error)) from error

    def _fill_from_file(self, block: npt.NDArray[Any], place: int) -> None:
        descriptor = self._file.id.get_vfd_handle()
        unfilled = block.reshape(-1).view(np.uint8)
        while len(unfilled):
            count = os.preadv(descriptor, [unfilled.data], place)
            if not count:
                raise ValueError("the file ends too early")
            unfilled, place = unfilled[count:], place + count

    def _fill_from_bands(self, block: npt.NDArray[Any], start: int) -> None:
        """Read chunks of whole rows directly, without a copy."""
        step = self.chunks[0] if self.chunks else 1
        filled = 0
        while filled < len(block):
            band, skipped = divmod(start + filled, step)
            part = block[filled : filled + step - skipped]
            self._fill_from_file(part, self._storage.bands[band] + skipped * self._row_bytes)
            filled += len(part)

    def _fill_from_chunks(self, block: npt.NDArray[Any], start: int) -> None:
        step = self._storage.chunk[0]
        filled = 0
        while filled < len(block):
            first = (start + filled) // step * step
            band = self._band(first)[start + filled - first :][: len(block) - filled]
            block[filled : filled + len(band)] = band
            filled += len(band)

    def _band(self, first: int) -> npt.NDArray[Any]:
        """The rows of all chunks that start at row `first`; the last band is kept for the next block."""
        kept = self._last_band
        if kept is not None and kept[0] == first:
            return kept[1]
        chunk = self._storage.chunk
        band = np.empty((min(chunk[0], len(self) - first), *self.shape[1:]), self.stored)
        corners = (range(0, length, step) for length, step in zip(self.shape[1:], chunk[1:], strict=True))
        for corner in product(*corners):
            place = tuple(slice(begin, begin + step) for begin, step in zip(corner, chunk[1:], strict=True))
            part = band[(slice(None), *place)]
            part[...] = self._chunk((first, *corner))[tuple(slice(length) for length in part.shape)]
        self._last_band = (first, band)
        return band

    def _chunk(self, corner: tuple[int, ...]) -> npt.NDArray[Any]:
        shape = self._storage.chunk
        size = prod(shape) * self.stored.itemsize
        skipped, packed = self._dataset.read_direct_chunk(corner)
        for position, code in reversed(list(enumerate(self._storage.filters))):
            if skipped >> position & 1:
                continue  # The writer skipped this filter because it saved nothing.
            packed = _inflated(packed, size) if code == h5py.h5z.FILTER_DEFLATE else self._unshuffled(packed)
        if len(packed) != size:
            raise ValueError(f"a chunk has {len(packed):,} bytes instead of {size:,}")
        return np.frombuffer(packed, self.stored).reshape(shape)

    def _unshuffled(self, shuffled: bytes) -> bytes:
        """Put the bytes of each element back together; they were stored as all first bytes, all second bytes ..."""
        return np.frombuffer(shuffled, np.uint8).reshape(self.stored.itemsize, -1).T.tobytes()

    def _damaged(self, row: int, problem: str) -> SubmissionError:
        sentence = (
            f"{self.name!r} cannot be read from row {row:,} on: {problem}. Write or copy the file again."
        )
        return SubmissionError([f"{self.path}: {sentence}"])


def _inflated(packed: bytes, size: int) -> bytes:
    """Undo gzip's deflate, up to one byte more than `size`."""
    inflater = zlib.decompressobj()
    unpacked = inflater.decompress(packed, size + 1)
    if not inflater.eof and len(unpacked) <= size:
        raise ValueError("a chunk ends too early")
    return unpacked
