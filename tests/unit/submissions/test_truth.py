from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.errors import SubmissionError
from copytrace.submissions import read_truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    TextFile = Callable[[str | bytes], Path]


def faults_of(path: Path) -> list[str]:
    with pytest.raises(SubmissionError) as raised:
        read_truth(path)
    return [fault.removeprefix(f"{path}: ") for fault in raised.value.faults]


def test_queries_without_a_copy_and_with_several_are_read(text_file: TextFile) -> None:
    truth = read_truth(text_file("query_id,reference_id\nQ2,R1\nQ1,\nQ2,R3\nQ3,R1\n"))
    assert truth.query_ids == ["Q2", "Q1", "Q3"]
    assert truth.pair_query_ids == ["Q2", "Q2", "Q3"]
    assert truth.pair_reference_ids == ["R1", "R3", "R1"]


def test_a_truth_without_rows_is_refused(text_file: TextFile) -> None:
    assert faults_of(text_file("query_id,reference_id\n")) == ["has no rows; expected at least one query."]


def test_a_submission_is_not_a_ground_truth(text_file: TextFile) -> None:
    assert faults_of(text_file("query_id,reference_id,score\nQ1,R1,1\n")) == [
        "the header is 'query_id,reference_id,score'; expected query_id,reference_id. Remove the other columns."
    ]


def test_all_faults_of_a_truth_are_named(text_file: TextFile) -> None:
    content = "query_id,reference_id\nQ1,R1\nQ1,R1\nQ2,\nQ2,R2\n,R3\nQ4\nQ5,R\x005\n"
    assert faults_of(text_file(content)) == [
        "row 7 has 1 columns; expected 2: query_id,reference_id.",
        "row 6: the query_id '' is empty.",
        "row 8: the reference_id 'R\\x005' has a line break or NUL.",
        "the row 'Q1,R1' appears 2 times; expected once.",
        "the query 'Q2' appears both with a reference and without one (an empty reference_id); keep one of the two.",
    ]


@pytest.mark.parametrize("missing", ["nan", "NaN", "None", "null", "NULL", "<NA>"])
def test_a_missing_value_that_was_written_as_text_is_no_reference(text_file: TextFile, missing: str) -> None:
    assert faults_of(text_file(f"query_id,reference_id\nQ1,R1\nQ2,{missing}\n")) == [
        f"row 3: the reference_id '{missing}' means a missing value; leave it empty if the query has no copy."
    ]


def test_a_missing_truth_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r"truth\.csv: No such file"):
        read_truth(tmp_path / "truth.csv")
