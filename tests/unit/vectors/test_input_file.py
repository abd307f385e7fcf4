from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from copytrace.errors import SubmissionError
from copytrace.vectors.input_file import open_input

if TYPE_CHECKING:
    from pathlib import Path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r"none\.csv: No such file or directory\. Check the path"):
        open_input(tmp_path / "none.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="is a folder; a file is wanted"):
        open_input(tmp_path)


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SubmissionError, match="is no ordinary file"):
        open_input(tmp_path / "pipe")


def test_a_device_that_never_ends_is_refused() -> None:
    from pathlib import Path

    with pytest.raises(SubmissionError, match="/dev/zero: is no ordinary file"):
        open_input(Path("/dev/zero"))
