from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from copytrace.records import Descriptors
from copytrace.vectors import write_descriptors

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with the descriptor sets q.h5 of two queries and r.h5 of three references."""
    for name, rows in (("q", 2), ("r", 3)):
        vectors = np.arange(rows * 4, dtype=np.float32).reshape(rows, 4)
        ids = [f"{name.upper()}{row}" for row in range(rows)]
        write_descriptors(tmp_path / f"{name}.h5", Descriptors(ids, vectors, "pdq"))
    return tmp_path


def test_two_sets_become_a_valid_submission(copytrace: Callable[..., Run], sets: Path) -> None:
    run = copytrace("pack", "q.h5", "r.h5", "-o", "submission.h5")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "submission.h5: valid submission to the descriptor track",
        "  queries          2",
        "  references       3",
        "  dimensions       4",
    ]
    with h5py.File(sets / "submission.h5") as file:
        assert file["query"][:].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
        assert file["reference_ids"].asstr()[:].tolist() == ["R0", "R1", "R2"]


def test_queries_of_phase_2_go_with_frozen_references(copytrace: Callable[..., Run], sets: Path) -> None:
    packed = copytrace("pack", "q.h5", "--frozen", "r.h5", "-o", "phase2.h5")
    assert packed.returncode == 0, packed.stderr
    (sets / "ids.txt").write_text("Q1\nQ0\n")
    checked = copytrace("check", "phase2.h5", "--queries-only", "--queries", "ids.txt", "--frozen", "r.h5")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.splitlines()[0] == "phase2.h5: valid submission to the descriptor track"
    with h5py.File(sets / "phase2.h5") as file:
        assert sorted(file) == ["query", "query_ids"]


def test_a_vector_that_is_not_finite_leaves_no_file(copytrace: Callable[..., Run], sets: Path) -> None:
    with h5py.File(sets / "r.h5", "r+") as file:
        file["vectors"][1, 2] = np.nan
    run = copytrace("pack", "q.h5", "r.h5", "-o", "submission.h5")
    assert run.returncode == 2
    assert "submission.h5: not written: the vector of 'R1' has nan in dimension 2" in run.stderr
    assert sorted(path.name for path in sets.iterdir()) == ["q.h5", "r.h5"]
