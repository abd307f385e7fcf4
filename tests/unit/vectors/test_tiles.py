"""Vectors of parts of images, in the same set as those of the whole images."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from copytrace.errors import DescriptorError, SubmissionError
from copytrace.vectors import DescriptorSetWriter, open_descriptors, read_descriptors, tile_vectors

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.records import Float32Array

VECTORS = np.arange(6, dtype=np.float32).reshape(3, 2)
TILES = np.arange(24, dtype=np.float32).reshape(3, 4, 2)


def write(
    path: Path, *appends: tuple[int, int, Float32Array | None], bias: Float32Array | None = None
) -> Path:
    """A set of rows `start` to `stop` with the given tiles, for each append."""
    with DescriptorSetWriter(path, model="pdq") as writer:
        for start, stop, tiles in appends:
            rows = slice(start, stop)
            ids = [str(row) for row in range(start, stop)]
            writer.append(ids, VECTORS[rows], None if bias is None else bias[rows], tiles=tiles)
    return path


def test_tiles_come_image_by_image_however_the_rows_are_divided(tmp_path: Path) -> None:
    for number, cuts in enumerate([[0, 3], [0, 1, 3], [0, 0, 2, 3]]):
        appends = [(start, stop, TILES[start:stop]) for start, stop in itertools.pairwise(cuts)]
        with open_descriptors(write(tmp_path / f"{number}.h5", *appends)) as stored:
            assert stored.tiles is not None
            assert stored.tiles_per_image == 4
            np.testing.assert_array_equal(stored.tiles[:], TILES.reshape(12, 2))


def test_without_tiles_only_whole_images_are_seen(tmp_path: Path) -> None:
    found = read_descriptors(write(tmp_path / "s.h5", (0, 3, TILES)))
    assert list(found.ids) == ["0", "1", "2"]
    np.testing.assert_array_equal(found.vectors, VECTORS)


def test_a_set_without_tiles_has_none(tmp_path: Path) -> None:
    with open_descriptors(write(tmp_path / "s.h5", (0, 3, None))) as stored:
        assert stored.tiles_per_image == 0
        assert tile_vectors(stored) is None


def test_tiles_are_references_without_a_bias(tmp_path: Path) -> None:
    path = write(tmp_path / "s.h5", (0, 3, TILES), bias=np.ones(3, np.float32))
    with open_descriptors(path) as stored:
        tiles = tile_vectors(stored)
        assert tiles is not None
        np.testing.assert_array_equal(tiles[:2], [[0, 1, 0], [2, 3, 0]])


@pytest.mark.parametrize(
    "appends",
    [
        [(0, 3, TILES[:2])],
        [(0, 3, np.zeros((3, 4, 3), np.float32))],
        [(0, 1, TILES[:1]), (1, 3, None)],
        [(0, 1, None), (1, 3, TILES[1:])],
        [(0, 1, TILES[:1]), (1, 3, TILES[1:, :2])],
        [(0, 3, np.full((3, 4, 2), np.nan, np.float32))],
    ],
)
def test_tiles_that_do_not_fit_are_refused(
    tmp_path: Path, appends: list[tuple[int, int, Float32Array | None]]
) -> None:
    with pytest.raises(DescriptorError, match=r"cannot add rows: .*tile"):
        write(tmp_path / "s.h5", *appends)


@pytest.mark.parametrize("shape", [(4, 2), (6, 3), (0, 2), (6,)])
def test_a_set_with_mismatched_tiles_is_invalid(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = write(tmp_path / "s.h5", (0, 3, None))
    with h5py.File(path, "a") as file:
        file["tiles"] = np.zeros(shape, np.float32)
    with pytest.raises(SubmissionError, match="tiles"), open_descriptors(path):
        pass
