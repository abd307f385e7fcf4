from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.submissions import check_submission

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    TextFile = Callable[[str | bytes], Path]

HEADER = "query_id,reference_id,score\n"
QUERIES = ["Q1", "Q2"]
REFERENCES = ["R1", "R2", "R3"]


def faults_of(
    path: Path, queries: list[str] | None = QUERIES, references: list[str] | None = REFERENCES
) -> list[str]:
    report = check_submission(path, queries=queries, references=references)
    assert report.track == "matching"
    return [fault.removeprefix(f"{path}: ") for fault in report.faults]


def test_a_valid_submission_is_described_by_facts(text_file: TextFile) -> None:
    path = text_file(HEADER + "Q1,R1,0.5\nQ1,R2,0.25\nQ2,R1,-1\n")
    report = check_submission(path, queries=QUERIES, references=REFERENCES)
    assert report.valid
    assert report.path == str(path)
    assert report.facts == {
        "rows": 3,
        "queries": 2,
        "references": 2,
        "lowest_score": -1.0,
        "highest_score": 0.5,
    }


def test_unknown_ids_are_named_with_their_first_row(text_file: TextFile) -> None:
    assert faults_of(text_file(HEADER + "Q1,R1,1\nQ9,R1,1\nQ9,R8,1\nQ1,R9,1\n")) == [
        "row 3: the query_id 'Q9' is not in the list of IDs; use only IDs of the challenge.",
        "row 4: the reference_id 'R8' is not in the list of IDs; use only IDs of the challenge.",
        "row 5: the reference_id 'R9' is not in the list of IDs; use only IDs of the challenge.",
    ]


def test_ids_are_not_judged_without_a_list(text_file: TextFile) -> None:
    assert faults_of(text_file(HEADER + "Q9,R9,1\n"), None, None) == []


def test_an_unusable_id_is_not_called_unknown_as_well(text_file: TextFile) -> None:
    assert faults_of(text_file(HEADER + ",R1,1\n")) == ["row 2: the query_id '' is empty."]


def test_repeated_pairs_are_named_in_the_order_of_the_file(text_file: TextFile) -> None:
    content = HEADER + "Q2,R3,1\nQ1,R1,1\nQ1,R2,1\nQ1,R1,2\nQ2,R3,1\nQ2,R3,1\n"
    assert faults_of(text_file(content)) == [
        (
            "row 2: the pair of 'Q2' and 'R3' appears 3 times; keep one row per pair, the one with the"
            " highest score."
        ),
        (
            "row 3: the pair of 'Q1' and 'R1' appears 2 times; keep one row per pair, the one with the"
            " highest score."
        ),
    ]


def test_ten_rows_a_query_are_taken_on_average(text_file: TextFile) -> None:
    references = [f"R{number}" for number in range(21)]
    rows = [f"Q1,{reference},1\n" for reference in references]
    assert faults_of(text_file(HEADER + "".join(rows[:20])), references=references) == []
    assert faults_of(text_file(HEADER + "".join(rows)), references=references) == [
        (
            "has 21 rows; expected at most 20, 10 per query of the challenge on average. Keep the rows with"
            " the highest scores."
        )
    ]


def test_a_file_without_rows_is_not_valid(text_file: TextFile) -> None:
    assert faults_of(text_file(HEADER)) == ["has no rows; expected at least one pair."]


def test_scores_that_are_all_faults_have_no_lowest(text_file: TextFile) -> None:
    report = check_submission(text_file(HEADER + "Q1,R1,nan\n"), queries=QUERIES, references=REFERENCES)
    assert report.facts == {"rows": 1, "queries": 1, "references": 1}
    assert len(report.faults) == 1


def test_faults_of_every_kind_are_reported_together(text_file: TextFile) -> None:
    content = HEADER + "Q1,R1,x\nQ1,R1,1\nQ9,R9,inf\nQ1,R2\n"
    assert [fault.partition(":")[0] for fault in faults_of(text_file(content))] == [
        "row 5 has 2 columns; expected 3",
        "row 2",
        "row 4",
        "row 4",
        "row 4",
        "row 2",
    ]
