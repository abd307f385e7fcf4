from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.pipelines.check import check

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    (tmp_path / "queries.txt").write_text("Q1\nQ2\n")
    path = tmp_path / "matches.csv"
    path.write_text("query_id,reference_id,score\nQ1,R1,0.5\n")
    return path


def test_ids_are_given_as_a_file_or_as_they_are(submission: Path) -> None:
    queries = submission.with_name("queries.txt")
    for ids in (queries, str(queries), ["Q1", "Q2"], {"Q1", "Q2"}):
        assert check(submission, queries=ids, references=["R1"]).valid
    assert not check(str(submission), queries=["Q2"], references=["R1"]).valid


def test_nothing_is_compared_without_ids(submission: Path) -> None:
    assert check(submission).facts["rows"] == 1
