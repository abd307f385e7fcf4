from __future__ import annotations

import json
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

HEADER = "query_id,reference_id,score\n"


@pytest.fixture
def challenge(tmp_path: Path) -> Path:
    """A folder with the ID lists of two queries and three references."""
    (tmp_path / "query_ids.txt").write_text("Q1\nQ2\n")
    (tmp_path / "reference_ids.txt").write_text("R1\nR2\nR3\n")
    return tmp_path


OPTIONS = ("--queries", "query_ids.txt", "--references", "reference_ids.txt")


def test_a_valid_submission_is_reported_with_its_facts(
    copytrace: Callable[..., Run], challenge: Path
) -> None:
    (challenge / "matches.csv").write_text(HEADER + "Q1,R1,0.5\nQ2,R3,-1.25\n")
    run = copytrace("check", "matches.csv", *OPTIONS)
    assert run.returncode == 0
    assert run.stderr == ""
    assert run.stdout.splitlines() == [
        "matches.csv: valid submission to the matching track",
        "  rows             2",
        "  queries          2",
        "  references       2",
        "  lowest score     -1.25",
        "  highest score    0.5",
    ]


def test_all_faults_are_listed_and_the_exit_code_is_2(copytrace: Callable[..., Run], challenge: Path) -> None:
    (challenge / "matches.csv").write_text(HEADER + "Q1,R1,high\nQ9,R1,1\n")
    run = copytrace("check", "matches.csv", *OPTIONS)
    assert run.returncode == 2
    assert run.stdout.splitlines()[:3] == [
        "matches.csv: not valid for the matching track, 2 problems:",
        "  - row 2: the score 'high' is not a number; expected a finite number, such as 0.93.",
        "  - row 3: the query_id 'Q9' is not in the list of IDs; use only IDs of the challenge.",
    ]


def test_a_report_as_json_has_the_same_content(copytrace: Callable[..., Run], challenge: Path) -> None:
    with h5py.File(challenge / "submission.h5", "w") as file:
        file["query"], file["query_ids"] = np.ones((2, 4), np.float32), ["Q1", "Q2"]
        file["reference"], file["reference_ids"] = np.ones((3, 4), np.float32), ["R1", "R2", "R4"]
    run = copytrace("check", "submission.h5", *OPTIONS, "--json")
    assert run.returncode == 2
    assert json.loads(run.stdout) == {
        "path": "submission.h5",
        "track": "descriptor",
        "valid": False,
        "faults": [
            "submission.h5: 'reference_ids': the ID 'R4' is not in the list of IDs.",
            "submission.h5: 'reference_ids': the ID 'R3' is missing; expected every ID of the list.",
        ],
        "facts": {"queries": 2, "references": 3, "dimensions": 4},
    }


def test_a_check_without_id_lists_says_so(copytrace: Callable[..., Run], challenge: Path) -> None:
    (challenge / "matches.csv").write_text(HEADER + "Q7,R7,1\n")
    run = copytrace("check", "matches.csv")
    assert run.returncode == 0
    assert run.stderr == (
        "IDs were not compared with those of the challenge. To compare them, add --queries IDS and --references IDS\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.csv",), "none.csv: No such file or directory. Check the path and its permissions."),
        (("matches.csv", "--queries", "matches.csv"), "matches.csv: is a CSV file with several columns"),
    ],
)
def test_what_cannot_be_read_is_named_without_a_traceback(
    copytrace: Callable[..., Run], challenge: Path, arguments: tuple[str, ...], message: str
) -> None:
    (challenge / "matches.csv").write_text(HEADER + "Q1,R1,1\n")
    run = copytrace("check", *arguments)
    assert run.returncode == 2
    assert run.stderr.startswith(f"error: {message}")
    assert run.stderr.count("\n") == 1
