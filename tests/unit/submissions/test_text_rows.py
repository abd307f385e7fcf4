from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.errors import SubmissionError
from copytrace.submissions.text_rows import LONGEST_ROW, csv_rows, text_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    TextFile = Callable[[str | bytes], Path]


def test_byte_order_marks_and_blank_rows_are_ignored(text_file: TextFile) -> None:
    path = text_file(b"\xef\xbb\xbfQ1\r\n\r\n\nQ2")
    assert list(text_rows(path)) == [(1, "Q1"), (2, "Q2")]


def test_the_longest_row_is_read_and_a_longer_one_refused(text_file: TextFile) -> None:
    row = "x" * LONGEST_ROW
    assert list(text_rows(text_file(row + "\n"))) == [(1, row)]
    with pytest.raises(SubmissionError, match="row 1 is longer than 131,072 bytes; is this a text file"):
        list(text_rows(text_file(row + "x")))


def test_a_row_that_is_not_utf8_is_named_with_its_byte(text_file: TextFile) -> None:
    with pytest.raises(SubmissionError, match=r"row 2 is not UTF-8 text: .* at its byte 3\. Save the file"):
        list(text_rows(text_file(b"Q1\nQ2\xff\n")))


def test_fields_may_be_quoted(text_file: TextFile) -> None:
    assert list(csv_rows(text_file('"Q,1","say ""hi""",3\n'))) == [(1, ["Q,1", 'say "hi"', "3"])]


def test_a_quotation_mark_that_is_never_closed_is_named(text_file: TextFile) -> None:
    with pytest.raises(SubmissionError, match="row 2 has a quotation mark out of place"):
        list(csv_rows(text_file('a,b\n"Q1,2\nQ3,4\n')))


def test_line_ends_of_old_macs_are_named(text_file: TextFile) -> None:
    for length in (2, LONGEST_ROW):
        with pytest.raises(SubmissionError, match=r"lines end with CR only, as on old Macs\. Save the file"):
            list(csv_rows(text_file("a,b\r" * length)))
