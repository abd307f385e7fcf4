"""Creates HDF5 files, even on disks that may be full."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

import h5py

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer


_CACHE_BYTES = 16 << 20


class _Patient(io.FileIO):
    """A file whose writes never fail: it keeps the first error, and drops all later data.

    The HDF5 library keeps what it could not write and tries again when the process ends, which crashes it. So every
    write reports success, and the error is raised once the library has closed the file.
    """

    error: OSError | None = None

    def write(self, data: Buffer, /) -> int:
        view = memoryview(data).cast("B")
        written = 0
        while self.error is None and written < len(view):
            try:
                written += super().write(view[written:])
            except OSError as error:
                self.error = error
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        if self.error is None:
            try:
                super().truncate(size)
            except OSError as error:
                self.error = error
        return size or 0


@contextmanager
def create_hdf5(path: Path) -> Iterator[h5py.File]:
    """Create an HDF5 file that is closed when the block ends.

    Chunks at the end of its datasets stay in memory, so each chunk is written once, however small the pieces.

    Raises:
        OSError: the disk is full, or cannot be written for another reason.
    """
    with _Patient(path, "w+") as patient:
        with h5py.File(patient, "w", rdcc_nbytes=_CACHE_BYTES) as file:
            yield file
        if patient.error is not None:
            raise patient.error
