from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrace.errors import SubmissionError
from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5 import StoredArray, open_hdf5, open_matrix

if TYPE_CHECKING:
    from pathlib import Path

ROWS, DIMS = 23, 7


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows") / "file.h5"


def open_rows(file: h5py.File) -> StoredArray:
    faults = Faults("f")
    rows = open_matrix(file, "x", faults, most_dims=256)
    assert rows is not None, faults.sentences()
    return rows


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, Any]:
    """How h5py may store a matrix: contiguous, or in chunks with or without filters."""
    if draw(st.booleans()):
        return {}
    chunks = draw(st.tuples(st.integers(1, ROWS + 3), st.integers(1, DIMS + 3)))
    limits = (None, None)  # A chunk may be larger than a matrix that may grow.
    compression = draw(st.sampled_from([None, "gzip"]))
    return {"chunks": chunks, "maxshape": limits, "compression": compression, "shuffle": draw(st.booleans())}


@settings(max_examples=150, deadline=None)
@given(
    layout=layouts(),
    dtype=st.sampled_from(["<f4", ">f4", "<f8", "<f2", "i1", ">i4"]),
    slices=st.lists(st.tuples(st.integers(0, ROWS + 2), st.integers(0, ROWS + 2)), min_size=1, max_size=4),
    version=st.sampled_from(["earliest", "latest"]),
)
def test_rows_are_those_that_the_library_reads(
    path: Path, layout: dict[str, Any], dtype: str, slices: list[tuple[int, int]], version: str
) -> None:
    values = np.random.default_rng(0).integers(-100, 100, (ROWS, DIMS)).astype(dtype)
    with h5py.File(path, "w", libver=version) as file:
        file.create_dataset("x", data=values, **layout)
    with open_hdf5(path) as file:
        rows = open_rows(file)
        assert (rows.shape, rows.stored, len(rows)) == (values.shape, values.dtype, ROWS)
        assert rows.chunks == layout.get("chunks")
        for start, stop in slices:
            block = rows[start:stop]
            assert block.dtype == rows.dtype == np.float32
            assert np.array_equal(block, values[start : max(start, stop)])


def test_chunks_that_gzip_could_not_shrink_are_read(path: Path) -> None:
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("x", (4, 3), "f4", chunks=(2, 3), compression="gzip", shuffle=True)
        dataset[:] = values
        # A mask tells which filters the writer skipped: here both, or only gzip.
        dataset.id.write_direct_chunk((0, 0), values[:2].tobytes(), filter_mask=0b11)
        shuffled = values[2:].reshape(-1).view(np.uint8).reshape(-1, 4).T.tobytes()
        dataset.id.write_direct_chunk((2, 0), shuffled, filter_mask=0b10)
    with open_hdf5(path) as file:
        assert np.array_equal(open_rows(file)[:], values)


def test_a_band_of_chunks_is_unpacked_once_for_neighbouring_blocks(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.arange(40, dtype=np.float32).reshape(20, 2)
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values, chunks=(10, 1), compression="gzip")
    unpacked: list[tuple[int, ...]] = []
    chunk = StoredArray._chunk

    def counted(self: StoredArray, corner: tuple[int, ...]) -> np.typing.NDArray[Any]:
        unpacked.append(corner)
        return chunk(self, corner)

    monkeypatch.setattr(StoredArray, "_chunk", counted)
    with open_hdf5(path) as file:
        rows = open_rows(file)
        blocks = [rows[start : start + 3] for start in range(0, 20, 3)]
    assert np.array_equal(np.concatenate(blocks), values)
    assert unpacked == [(0, 0), (0, 1), (10, 0), (10, 1)]


def test_a_file_that_shrinks_while_it_is_read_is_reported(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = np.ones((1000, 8), np.float32)
    with open_hdf5(path) as file:
        rows = open_rows(file)
        os.truncate(path, 5000)
        with pytest.raises(
            SubmissionError, match="'x' cannot be read from row 500 on: the file ends too early"
        ):
            rows[500:1000]


def test_every_compressed_layout_reads_a_large_block_in_pieces(path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(5000, 64)).astype(np.float32)
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values, chunks=True, compression="gzip", shuffle=True)
    with open_hdf5(path) as file:
        assert np.array_equal(open_rows(file)[17:4990], values[17:4990])
