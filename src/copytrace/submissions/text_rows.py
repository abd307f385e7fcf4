"""Reads text files row by row in bounded memory, whatever they contain."""

from __future__ import annotations

import codecs
import csv
from typing import TYPE_CHECKING

from copytrace.errors import SubmissionError
from copytrace.vectors.input_file import open_input

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

LONGEST_ROW = 1 << 17
"""Bytes; far more than three columns need, and small enough for memory."""


def text_rows(path: Path) -> Iterator[tuple[int, str]]:
    """The rows of a text file with their numbers, starting at 1; blank rows are skipped and not counted.

    A byte order mark and line endings (LF or CRLF) are removed.

    Raises:
        SubmissionError: the file cannot be opened, is not UTF-8, has lines that end with CR only, or a row is
            longer than 128 KiB.
    """
    with open_input(path) as file:
        yield from _numbered_rows(path, file)


def csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file as lists of fields, numbered as `text_rows` numbers them.

    Raises:
        SubmissionError: as `text_rows`, or a quotation mark is never closed.
    """
    for number, row in text_rows(path):
        try:
            yield number, next(csv.reader([row], strict=True))
        except csv.Error as error:
            advice = 'Quote the whole field, as in "a", or do not quote it.'
            reason = f"row {number} has a quotation mark out of place ({error}). {advice}"
            raise SubmissionError([f"{path}: {reason}"]) from error


def _numbered_rows(path: Path, file: BinaryIO) -> Iterator[tuple[int, str]]:
    number = 0
    while line := file.readline(LONGEST_ROW + 1):
        if number == 0:
            line = line.removeprefix(codecs.BOM_UTF8)
        line = line.rstrip(b"\r\n")
        if not line:
            continue
        number += 1
        if b"\r" in line:
            problem = "lines end with CR only, as on old Macs. Save the file with LF or CRLF line endings."
            raise SubmissionError([f"{path}: {problem}"])
        yield number, _decoded(path, number, line)


def _decoded(path: Path, number: int, line: bytes) -> str:
    if len(line) > LONGEST_ROW:
        problem = f"row {number} is longer than {LONGEST_ROW:,} bytes; is this a text file with line breaks?"
        raise SubmissionError([f"{path}: {problem}"])
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        problem = f"row {number} is not UTF-8 text: {error.reason} at its byte {error.start + 1}."
        raise SubmissionError([f"{path}: {problem} Save the file as UTF-8."]) from error
