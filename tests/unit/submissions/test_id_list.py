from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.errors import SubmissionError
from copytrace.submissions import read_id_list

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    TextFile = Callable[[str | bytes], Path]


def test_a_list_has_one_id_per_line(text_file: TextFile) -> None:
    assert read_id_list(text_file(b"\xef\xbb\xbfQ2\r\n\r\nQ1\r\n2020/a, b.jpg")) == [
        "Q2",
        "Q1",
        "2020/a, b.jpg",
    ]


@pytest.mark.parametrize("header", ["query_id", "reference_id"])
def test_a_csv_file_of_one_column_is_a_list_too(text_file: TextFile, header: str) -> None:
    assert read_id_list(text_file(f"{header}\nQ1\nQ2\n")) == ["Q1", "Q2"]


def test_a_ground_truth_is_not_a_list(text_file: TextFile) -> None:
    with pytest.raises(
        SubmissionError,
        match="is a CSV file with several columns, such as a ground truth; expected a list with one",
    ):
        read_id_list(text_file("query_id,reference_id\nQ1,R1\nQ1,R1\n"))


@pytest.mark.parametrize("content", ["", "\n\n", "query_id\n"])
def test_a_list_without_ids_is_refused(text_file: TextFile, content: str) -> None:
    with pytest.raises(SubmissionError, match="has no IDs; expected a text file with one ID per line"):
        read_id_list(text_file(content))


def test_repeated_ids_are_all_named(text_file: TextFile) -> None:
    with pytest.raises(SubmissionError) as raised:
        read_id_list(text_file("Q1\nQ2\nQ1\nQ2\n"))
    assert [fault.partition(": ")[2] for fault in raised.value.faults] == [
        "the list: the ID 'Q1' appears 2 times; expected once.",
        "the list: the ID 'Q2' appears 2 times; expected once.",
    ]


def test_an_hdf5_file_is_not_a_list(text_file: TextFile) -> None:
    with pytest.raises(SubmissionError, match="row 1 is not UTF-8 text"):
        read_id_list(text_file(b"\x89HDF\r\n\x1a\n"))
