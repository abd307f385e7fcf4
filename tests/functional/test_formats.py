"""The examples in docs/formats.md work as written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.submissions import check_submission, read_matches, read_truth

if TYPE_CHECKING:
    import pytest

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"


def block_after(heading: str, language: str = "") -> str:
    """The first block of code below a heading."""
    found = re.search(
        rf"^## {re.escape(heading)}.*?^```{language}\n(.*?)^```", DOCS.read_text(), re.DOTALL | re.MULTILINE
    )
    assert found is not None
    return found[1]


def test_the_example_of_a_descriptor_submission_is_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(block_after("Descriptor submission", "python"), {})  # noqa: S102 - the example is ours
    report = check_submission(
        tmp_path / "submission.h5",
        queries=["Q00001", "Q00002"],
        references=["R000001", "R000002", "R000003"],
    )
    assert report.faults == ()


def test_the_examples_of_csv_files_are_valid(tmp_path: Path) -> None:
    (tmp_path / "matches.csv").write_text(block_after("Matching submission"))
    (tmp_path / "truth.csv").write_text(block_after("Truth"))
    assert len(read_matches(tmp_path / "matches.csv")) == 3
    assert check_submission(tmp_path / "matches.csv").faults == ()
    assert read_truth(tmp_path / "truth.csv").query_ids == ["Q00001", "Q00002", "Q00003"]
