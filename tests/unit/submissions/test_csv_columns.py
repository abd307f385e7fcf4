from __future__ import annotations

import threading
from io import BufferedReader
from typing import TYPE_CHECKING

import pytest

from copytrace.submissions import csv_columns
from copytrace.submissions.csv_columns import Columns, read_columns
from copytrace.vectors.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    TextFile = Callable[[str | bytes], Path]

NAMES = ("a", "b", "c")


def read(path: Path, most_rows: int | None = None) -> tuple[Columns | None, list[str]]:
    faults = Faults(path)
    columns = read_columns(path, NAMES, faults, most_rows=most_rows)
    return columns, [fault.removeprefix(f"{path}: ") for fault in faults.sentences()]


def columns_of(path: Path, most_rows: int | None = None) -> Columns:
    columns, faults = read(path, most_rows)
    assert faults == []
    assert columns is not None
    return columns


@pytest.mark.parametrize(
    "content",
    [
        "a,b,c\n1,2,3\n4,5,6\n",
        "a,b,c\n1,2,3\n4,5,6",
        "a,b,c\r\n1,2,3\r\n4,5,6\r\n",
        b"\xef\xbb\xbfa,b,c\n1,2,3\n4,5,6\n",
        '"a",b,"c"\n1,"2",3\n"4",5,6\n',
        "\na,b,c\n\n1,2,3\n\n4,5,6\n\n",
    ],
    ids=["plain", "no last line break", "Windows", "byte order mark", "quoted", "blank rows"],
)
def test_every_layout_that_programs_write_is_read(text_file: TextFile, content: str | bytes) -> None:
    columns = columns_of(text_file(content))
    assert columns.rows == 2
    assert [columns.texts(name) for name in NAMES] == [["1", "4"], ["2", "5"], ["3", "6"]]
    assert [columns.row_number(0), columns.row_number(1)] == [2, 3]


class WatchedFile(BufferedReader):
    """A file that records which threads read it."""

    threads: set[int]

    def read(self, size: int | None = -1) -> bytes:
        self.threads.add(threading.get_ident())
        return super().read(size)


def test_no_other_thread_reads_a_file_of_python(text_file: TextFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that reads while Python ends aborts the process: "terminate called without an active exception"."""
    seen: set[int] = set()

    def watched(path: Path) -> WatchedFile:
        file = WatchedFile(path.open("rb", buffering=0))
        file.threads = seen
        return file

    monkeypatch.setattr(csv_columns, "open_input", watched)
    assert columns_of(text_file("a,b,c\n1,2,3\n")).rows == 1
    assert seen <= {threading.get_ident()}


@pytest.mark.parametrize("content", ["a,b,c", "a,b,c\n", "a,b,c\r\n\r\n"])
def test_a_header_alone_is_a_table_without_rows(text_file: TextFile, content: str) -> None:
    columns = columns_of(text_file(content))
    assert columns.rows == 0
    assert columns.texts("a") == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "is empty; expected a CSV file with the header a,b,c."),
        ("\n\n", "is empty; expected a CSV file with the header a,b,c."),
        ("c,a,b\n", "the header is 'c,a,b'; expected a,b,c. Put the columns in this order."),
        (
            "A,b, c\n",
            "the header is 'A,b, c'; expected a,b,c. Write the names in lower case and without spaces.",
        ),
        ("a;b;c\n", "the header is 'a;b;c'; expected a,b,c. Separate the columns with commas."),
        ("a\tb\tc\n", "the header is 'a\\tb\\tc'; expected a,b,c. Separate the columns with commas."),
        ("a,c\n", "the header is 'a,c'; expected a,b,c. Missing: b."),
        ("a,b,c,d\n", "the header is 'a,b,c,d'; expected a,b,c. Remove the other columns."),
        (
            "Q1,R1,0.5\n",
            (
                "the header is 'Q1,R1,0.5'; expected a,b,c. Add the header as the first row if it is missing,"
                " or rename the columns."
            ),
        ),
    ],
)
def test_a_wrong_header_is_shown_with_what_to_do(text_file: TextFile, content: str, fault: str) -> None:
    assert read(text_file(content)) == (None, [fault])


def test_rows_with_another_number_of_columns_are_named_and_the_others_read(text_file: TextFile) -> None:
    columns, faults = read(text_file("a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n10,11,12\n"))
    assert faults == [
        "row 3 has 2 columns; expected 3: a,b,c.",
        "row 4 has 4 columns; expected 3: a,b,c.",
    ]
    assert columns is not None
    assert columns.texts("a") == ["1", "10"]
    assert [columns.row_number(0), columns.row_number(1)] == [2, 5]


def test_a_file_of_wrong_rows_alone_gives_an_empty_table(text_file: TextFile) -> None:
    columns, faults = read(text_file("a,b,c\n1,2\n"))
    assert columns is not None
    assert columns.rows == 0
    assert faults == ["row 2 has 2 columns; expected 3: a,b,c."]


def test_checking_stops_where_a_thousand_rows_are_wrong(text_file: TextFile) -> None:
    _, faults = read(text_file("a,b,c\n" + "1,2\n" * 3000))
    assert faults[5:] == [
        "995 more rows have a wrong number of columns.",
        "checking stopped at row 1,001. Correct these rows first, then check again.",
    ]


def test_wrong_rows_are_reported_although_a_later_row_ends_the_reading(text_file: TextFile) -> None:
    columns, faults = read(text_file(b"a,b,c\n1,2\n1,\xff,3\n"))
    assert columns is None
    assert faults == [
        "row 2 has 2 columns; expected 3: a,b,c.",
        "row 3 is not UTF-8 text: invalid start byte at its byte 3. Save the file as UTF-8.",
    ]


def test_further_rows_are_counted_and_not_kept(text_file: TextFile) -> None:
    columns = columns_of(text_file("a,b,c\n" + "1,2,3\n" * 5), most_rows=2)
    assert columns.rows == 5
    assert columns.texts("a") == ["1", "1"]


def test_further_rows_are_counted_among_wrong_ones_too(text_file: TextFile) -> None:
    columns, _ = read(text_file("a,b,c\n" + "1,2,3\n" * 5 + "4,5\n"), most_rows=2)
    assert columns is not None
    assert columns.rows == 5
    assert columns.texts("a") == ["1", "1"]


def test_many_rows_are_read_among_wrong_ones(text_file: TextFile) -> None:
    columns, _ = read(text_file("a,b,c\n" + "1,2,3\n" * 70_000 + "4,5\n6,7,8\n"))
    assert columns is not None
    assert columns.rows == 70_001
    assert columns.texts("b")[-2:] == ["2", "7"]
    assert columns.row_number(70_000) == 70_003


def test_blocks_are_put_together(text_file: TextFile) -> None:
    rows = 500_000
    columns = columns_of(text_file("a,b,c\n" + "1234,5678,9012\n" * rows))
    assert columns.rows == rows
    assert len(columns.column("c")) == rows
