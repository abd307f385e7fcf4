from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.errors import SubmissionError
from copytrace.records import Match, Matches
from copytrace.submissions import read_matches, write_matches

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    TextFile = Callable[[str | bytes], Path]

HEADER = "query_id,reference_id,score\n"


def faults_of(path: Path) -> list[str]:
    with pytest.raises(SubmissionError) as raised:
        read_matches(path)
    return [fault.removeprefix(f"{path}: ") for fault in raised.value.faults]


def test_matches_are_read_in_the_order_of_their_rows(text_file: TextFile) -> None:
    matches = read_matches(text_file(HEADER + 'Q2,R1,-0.5\nQ1,"R,2",1e-3\n'))
    assert list(matches) == [Match("Q2", "R1", -0.5), Match("Q1", "R,2", 0.001)]
    assert matches.scores.dtype == np.float64


def test_a_header_alone_has_no_matches(text_file: TextFile) -> None:
    matches = read_matches(text_file(HEADER))
    assert len(matches) == 0
    assert matches.scores.dtype == np.float64


def test_repeated_pairs_are_for_the_check_not_for_reading(text_file: TextFile) -> None:
    assert len(read_matches(text_file(HEADER + "Q1,R1,1\nQ1,R1,2\n"))) == 2


def test_all_faults_are_named_with_their_rows(text_file: TextFile) -> None:
    content = (
        HEADER + "Q1,R1,1\nQ2,R2,high\nQ3,,1\n,R4,\nQ5,R5,nan\nQ6,R6,1e999\nQ\x007,R7,1\nQ8,R8\nQ9,R9,-inf\n"
    )
    assert faults_of(text_file(content)) == [
        "row 9 has 2 columns; expected 3: query_id,reference_id,score.",
        "row 5: the query_id '' is empty.",
        "row 8: the query_id 'Q\\x007' has a line break or NUL.",
        "row 4: the reference_id '' is empty.",
        "row 3: the score 'high' is not a number; expected a finite number, such as 0.93.",
        "row 5: the score '' is not a number; expected a finite number, such as 0.93.",
        "row 6: the score nan is not finite; expected a finite number.",
        "row 7: the score inf is not finite; expected a finite number.",
        "row 10: the score -inf is not finite; expected a finite number.",
    ]


def test_an_id_longer_than_a_path_is_refused(text_file: TextFile) -> None:
    (fault,) = faults_of(text_file(f"{HEADER}{'Q' * 4097},R1,1\n"))
    assert fault.endswith("is 4,097 bytes long; the limit is 4,096.")


def test_unparsable_scores_are_found_among_many(text_file: TextFile) -> None:
    rows = [f"Q{row},R{row},0.{row}" for row in range(1000)]
    for row in (0, 499, 998, 999):
        rows[row] = f"Q{row},R{row},?"
    faults = faults_of(text_file(HEADER + "\n".join(rows)))
    assert [fault.partition(":")[0] for fault in faults] == ["row 2", "row 501", "row 1000", "row 1001"]


@pytest.mark.parametrize("score", [" 1.0", "1.0 ", "\t1.0"])
def test_spaces_around_a_score_are_named(text_file: TextFile, score: str) -> None:
    (fault,) = faults_of(text_file(f"{HEADER}Q1,R1,{score}\n"))
    assert fault.endswith("is not a number; remove the spaces around it.")


@pytest.mark.parametrize("score", ["1_000", "0x10", "1,5", " 1", "½"])
def test_what_is_not_a_plain_number_is_refused(text_file: TextFile, score: str) -> None:
    (fault,) = faults_of(text_file(f'{HEADER}Q1,R1,"{score}"\n'))
    assert "is not a number" in fault


def test_a_file_with_nothing_to_read_is_refused(text_file: TextFile) -> None:
    assert faults_of(text_file("")) == [
        "is empty; expected a CSV file with the header query_id,reference_id,score."
    ]


def test_files_have_the_format_of_the_challenge(tmp_path: Path) -> None:
    path = tmp_path / "matches.csv"
    write_matches(path, Matches(["Q1", "a,b"], ["R1", 'c"d'], np.array([0.1, -12.0])))
    assert path.read_bytes() == b'query_id,reference_id,score\nQ1,R1,0.1\n"a,b","c""d",-12.0\n'


def test_files_of_images_are_two_more_columns(tmp_path: Path) -> None:
    path = tmp_path / "matches.csv"
    write_matches(path, Matches(["Q1"], ["R1"], np.array([0.5])), [("q/1.jpg", "a, b.jpg")])
    header = "query_id,reference_id,score,query_file,reference_file"
    assert path.read_text() == f'{header}\nQ1,R1,0.5,q/1.jpg,"a, b.jpg"\n'


def test_what_cannot_be_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "matches.csv"
    with pytest.raises(SubmissionError) as raised:
        write_matches(path, Matches(["Q\n1", "Q2"], ["", "R2"], np.array([0.5, np.nan])))
    assert [fault.removeprefix(f"{path}: ") for fault in raised.value.faults] == [
        "not written: the ID 'Q\\n1' of match 0 has a line break or NUL.",
        "not written: the ID '' of match 0 is empty.",
        "not written: match 1 has the score nan; expected a finite score.",
    ]
    assert list(tmp_path.iterdir()) == []
