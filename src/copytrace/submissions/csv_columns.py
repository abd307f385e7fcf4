"""Reads the columns of a CSV file quickly, and explains row by row what cannot be read."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv

from copytrace.errors import SubmissionError
from copytrace.submissions.arrow_texts import ArrowTexts
from copytrace.submissions.text_rows import csv_rows, text_rows
from copytrace.vectors.faults import shown
from copytrace.vectors.input_file import open_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from copytrace.vectors.faults import Faults

FIRST_ROW = 2
"""The number of a table's first row: the header is row 1; blank rows are not counted."""

_TEXT = pa.large_string()  # A column may exceed 2 GB.
_BLOCK_BYTES = 1 << 22
_ROWS_AT_ONCE = 1 << 16
_MOST_WRONG_ROWS = 1000
"""Reading stops after this many rows with a wrong number of columns."""


@dataclass(frozen=True)
class Columns:
    """Text columns of equal length.

    Attributes:
        table: an Arrow table of strings, without the rows that could not be parsed.
        rows: the number of rows that could be parsed; more than the table has if only the first were requested.
        numbers: the row number of each row of the table, if rows were skipped.
    """

    table: Any
    rows: int
    numbers: Sequence[int] | None = None

    def column(self, name: str) -> Any:  # noqa: ANN401 - pyarrow ships no types
        """One column as an Arrow array of strings."""
        return self.table[name].combine_chunks()

    def texts(self, name: str) -> ArrowTexts:
        """One column as a sequence of strings."""
        return ArrowTexts(self.column(name))

    def row_number(self, index: int) -> int:
        """The number of a row as people count it: the header is row 1."""
        return index + FIRST_ROW if self.numbers is None else self.numbers[index]


def read_columns(
    path: Path, names: Sequence[str], faults: Faults, *, most_rows: int | None = None
) -> Columns | None:
    """Read a CSV file whose header is `names`, as text.

    Memory is bounded by `most_rows`, if given: further rows are parsed and counted, but not kept.

    Returns:
        The columns without faulty rows (wrong number of columns), or None if nothing can be read: a missing or
        empty file, a wrong header, a row that is not UTF-8 text or never ends.
    """
    try:
        return _judged(path, names, faults, most_rows)
    except SubmissionError as error:
        faults.adopt(error)
        return None


def _judged(path: Path, names: Sequence[str], faults: Faults, most_rows: int | None) -> Columns | None:
    if not _has_header(path, names, faults):
        return None
    if len(list(islice(text_rows(path), FIRST_ROW))) < FIRST_ROW:
        return Columns(_schema(names).empty_table(), 0)
    try:
        return _parsed(path, names, most_rows)
    except pa.ArrowInvalid:
        return _parsed_row_by_row(path, names, faults, most_rows)


def _has_header(path: Path, names: Sequence[str], faults: Faults) -> bool:
    wanted = ",".join(names)
    _, header = next(csv_rows(path), (0, None))
    if header is None:
        faults.add(f"is empty; expected a CSV file with the header {wanted}.")
    elif header != list(names):
        faults.add(
            f"the header is {shown(','.join(header))}; expected {wanted}. {_header_advice(header, names)}"
        )
    return header == list(names)


def _header_advice(header: Sequence[str], names: Sequence[str]) -> str:
    """The most precise advice on how to correct a wrong header."""
    plain = [name.strip().lower() for name in header]
    missing = [name for name in names if name not in plain]
    if plain == list(names):
        return "Write the names in lower case and without spaces."
    if sorted(plain) == sorted(names):
        return "Put the columns in this order."
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        return "Separate the columns with commas."
    if len(missing) == len(names) == len(header):
        return "Add the header as the first row if it is missing, or rename the columns."
    if missing:
        return f"Missing: {', '.join(missing)}."
    return "Remove the other columns."


def _schema(names: Iterable[str]) -> Any:  # noqa: ANN401 - pyarrow ships no types
    return pa.schema([(name, _TEXT) for name in names])


def _parsed(path: Path, names: Sequence[str], most_rows: int | None) -> Columns:
    """Parse the file in blocks of a few megabytes, so neither a long row nor a long file fills memory."""
    kept, rows = [], 0
    # Let pyarrow open the file: a thread of its own reads ahead, and if it releases a Python file while Python is
    # exiting, the process crashes.
    with open_input(path), pa.OSFile(os.fsencode(path)) as file:
        reader = pyarrow.csv.open_csv(
            file,
            read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK_BYTES),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=_schema(names), strings_can_be_null=False
            ),
        )
        for batch in reader:
            room = batch.num_rows if most_rows is None else max(0, most_rows - rows)
            kept.append(batch.slice(0, room))
            rows += batch.num_rows
    return Columns(pa.Table.from_batches(kept, _schema(names)), rows)


def _parsed_row_by_row(path: Path, names: Sequence[str], faults: Faults, most_rows: int | None) -> Columns:
    """Parse the file the slow way, which shows what is wrong with which row."""
    tables, numbers, rows = [], array("q"), 0
    wrong: dict[int, int] = {}
    good = _rows_of_length(path, len(names), wrong)
    try:
        while batch := list(islice(good, _ROWS_AT_ONCE)):
            kept = batch if most_rows is None else batch[: max(0, most_rows - rows)]
            rows += len(batch)
            numbers.extend(number for number, _ in kept)
            fields = (pa.array([row[column] for _, row in kept], _TEXT) for column in range(len(names)))
            tables.append(pa.table(list(fields), _schema(names)))
    finally:
        _tell_wrong_rows(wrong, names, faults)
    return Columns(pa.concat_tables([_schema(names).empty_table(), *tables]), rows, numbers)


def _rows_of_length(path: Path, length: int, wrong: dict[int, int]) -> Iterator[tuple[int, list[str]]]:
    """The numbers and fields of the rows after the header with this many columns; others are recorded in `wrong`."""
    for number, fields in islice(csv_rows(path), 1, None):
        if len(fields) == length:
            yield number, fields
            continue
        wrong[number] = len(fields)
        if len(wrong) == _MOST_WRONG_ROWS:
            return


def _tell_wrong_rows(wrong: dict[int, int], names: Sequence[str], faults: Faults) -> None:
    wanted = f"expected {len(names)}: {','.join(names)}."
    sentences = (f"row {row} has {count} columns; {wanted}" for row, count in wrong.items())
    faults.add_kind(sentences, len(wrong), "rows have a wrong number of columns")
    if len(wrong) == _MOST_WRONG_ROWS:
        faults.add(f"checking stopped at row {max(wrong):,}. Correct these rows first, then check again.")
