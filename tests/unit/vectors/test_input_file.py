from __future__ import annotations

import os
from typing import TYPE_CHECKING

import h5py
import pytest

from copytrace.errors import SubmissionError
from copytrace.vectors.input_file import is_hdf5, open_input

if TYPE_CHECKING:
    from pathlib import Path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r"none\.csv: No such file or directory\. Check the path"):
        open_input(tmp_path / "none.csv")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="is a folder; expected a file"):
        open_input(tmp_path)


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SubmissionError, match="is not a regular file"):
        open_input(tmp_path / "pipe")


def test_a_device_that_never_ends_is_refused() -> None:
    from pathlib import Path

    with pytest.raises(SubmissionError, match="/dev/zero: is not a regular file"):
        open_input(Path("/dev/zero"))


@pytest.mark.parametrize("user_block", [0, 512, 2048])
def test_hdf5_is_recognised_behind_a_user_block(tmp_path: Path, user_block: int) -> None:
    with h5py.File(tmp_path / "matlab.mat", "w", userblock_size=user_block):
        pass
    assert is_hdf5(tmp_path / "matlab.mat")
    (tmp_path / "long.csv").write_text("Q1,R1,0.5\n" * 1000)
    assert not is_hdf5(tmp_path / "long.csv")
