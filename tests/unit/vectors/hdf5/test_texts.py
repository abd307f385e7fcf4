"""Texts of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from copytrace.errors import SubmissionError
from copytrace.records import Descriptors
from copytrace.vectors import open_descriptors, write_descriptors

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "set.h5"
    write_descriptors(path, Descriptors(["a", "b", "c"], np.zeros((3, 2), np.float32), "pdq"))
    return path


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ([b"a.jpg", "ä.jpg".encode(), b""], ["a.jpg", "ä.jpg", ""]),
        ([b"a\nb", b"c", b"d"], ["a\nb", "c", "d"]),
        ([b"a\0of before", b"b", b"c"], ["a", "b", "c"]),
    ],
    ids=["plain", "with a line break", "with bytes after the end"],
)
def test_texts_are_read_as_they_were_written(path: Path, stored: list[bytes], read: list[str]) -> None:
    with h5py.File(path, "a") as file:
        file["paths"] = np.array(stored)
    with open_descriptors(path) as descriptors:
        assert descriptors.paths is not None
        assert descriptors.paths[:] == read
        assert descriptors.paths[1:1] == []


def test_a_text_that_is_not_utf_8_is_named(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file["paths"] = np.array([b"a", b"\xff", b"c"])
    with (
        open_descriptors(path) as descriptors,
        pytest.raises(SubmissionError, match="row 1 that is not UTF-8"),
    ):
        _ = list(descriptors.paths or ())
