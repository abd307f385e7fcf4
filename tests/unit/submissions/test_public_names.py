from __future__ import annotations

import subprocess
import sys

import pytest

from copytrace import submissions


def test_every_name_is_there() -> None:
    assert all(hasattr(submissions, name) for name in submissions.__all__)


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match=r"module 'copytrace\.submissions' has no attribute 'read_all'"):
        _ = submissions.read_all


@pytest.mark.parametrize("library", ["h5py", "pydantic", "yaml"])
def test_a_csv_file_is_scored_without_libraries_that_it_does_not_need(library: str) -> None:
    program = f"import sys, copytrace.pipelines.score_submission; sys.exit({library!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
