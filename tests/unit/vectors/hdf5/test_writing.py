from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from copytrace.vectors.hdf5 import create_hdf5

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 1 << 20


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Limit the files of this process to a megabyte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_is_created_can_be_read(tmp_path: Path) -> None:
    values = np.arange(1_000_000, dtype=np.float32)
    with create_hdf5(tmp_path / "file.h5") as file:
        file.create_dataset("x", data=values, chunks=(1000,))
    with h5py.File(tmp_path / "file.h5") as file:
        assert np.array_equal(file["x"][:], values)


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("chunks", [None, (1000,)], ids=["contiguous", "chunks"])
def test_a_disk_that_fills_up_is_an_error_at_the_end(tmp_path: Path, chunks: tuple[int, ...] | None) -> None:
    with pytest.raises(OSError, match="File too large"), create_hdf5(tmp_path / "file.h5") as file:
        file.create_dataset("x", data=np.ones(LIMIT, np.float32), chunks=chunks)


@pytest.mark.usefixtures("small_disk")
def test_a_file_that_cannot_be_made_long_enough_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File too large"), create_hdf5(tmp_path / "file.h5") as file:
        # Only the beginning is written; closing makes the file as long as the dataset needs.
        file.create_dataset("x", (LIMIT,), np.float32, fill_time="never")[0] = 1
