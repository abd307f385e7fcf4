"""Tables on stdout: fitted to a terminal, one line per row in a file or a pipe. IDs and paths stay whole."""

from __future__ import annotations

import os
import sys
from itertools import starmap
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import typer
from rich.cells import cell_len

from copytrace.cli.terminal import harmless
from copytrace.cli.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_GAP = "  "
_NARROWEST = 18
"""Columns of the terminal that prose needs; a table with less room is shown as a list of records."""


class Cell(NamedTuple):
    """A text and its formatting.

    Attributes:
        text: the text.
        style: green, yellow, dim, bold, or empty.
        link: the file or URL that a click opens; ignored if that file does not exist.
    """

    text: str
    style: str = ""
    link: str = ""


class Column(NamedTuple):
    """The formatting of a column.

    Attributes:
        heading: its heading.
        right: align cells to the right, as for numbers.
        prose: cells hold sentences, which may be broken at spaces.
    """

    heading: str
    right: bool = False
    prose: bool = False


Row = tuple[Cell, ...]


def show_table(columns: Sequence[Column | str], rows: Iterable[Sequence[Cell | str]]) -> None:
    """Print a table on stdout; an empty row is a blank line."""
    named = [Column(each) if isinstance(each, str) else each for each in columns]
    cells = [tuple(Cell(each) if isinstance(each, str) else each for each in row) for row in rows]
    width = get_terminal_size().columns if sys.stdout.isatty() else None
    sys.stdout.writelines(f"{line}\n" for line in render(named, cells, width))


def render(columns: Sequence[Column], rows: Sequence[Row], width: int | None) -> Iterator[str]:
    """The lines of a table.

    Args:
        columns: headings and alignment.
        rows: a cell for each column; a row may end early, and an empty one is a blank line.
        width: width of the terminal; None for no limit.
    """
    rows = [tuple(starmap(_printable, row)) for row in rows]
    headings = tuple(Cell(each.heading, "bold") for each in columns)
    widths = [
        max(cell_len(row[at].text) for row in (headings, *rows) if len(row) > at)
        for at in range(len(columns))
    ]
    fitted = _fitted(columns, widths, width)
    if fitted is None:
        yield from _records(columns, rows, width or 0)
        return
    for row in (headings, *rows) if any(each.heading for each in columns) else rows:
        yield from _lines(columns, row, fitted)


def _fitted(columns: Sequence[Column], widths: list[int], width: int | None) -> list[int] | None:
    """The width of each column, with prose narrowed to fit; None if the table does not fit."""
    prose = [at for at, column in enumerate(columns) if column.prose]
    excess = 0 if width is None else sum(widths) + len(_GAP) * (len(columns) - 1) - width
    for at in sorted(prose, key=widths.__getitem__, reverse=True):
        narrowed = max(min(widths[at], _NARROWEST), widths[at] - max(excess, 0))
        excess -= widths[at] - narrowed
        widths[at] = narrowed
    return None if excess > 0 else widths


def _lines(columns: Sequence[Column], row: Row, widths: Sequence[int]) -> Iterator[str]:
    """The lines of a row: one, or several if prose is broken."""
    parts = [
        wrap(cell.text, width) if column.prose else [cell.text]
        for column, cell, width in zip(columns, row, widths, strict=False)
    ]
    for number in range(max(map(len, parts), default=1)):
        line = []
        for column, cell, part, width in zip(columns, row, parts, widths, strict=False):
            text = part[number] if number < len(part) else ""
            space = " " * (width - cell_len(text))
            shown = _decorated(cell._replace(text=text)) if text else ""
            line.append(space + shown if column.right else shown + space)
        yield _GAP.join(line).rstrip()


def _records(columns: Sequence[Column], rows: Sequence[Row], width: int) -> Iterator[str]:
    """Each row as a block of lines, one per column. A text without spaces keeps its line, however long."""
    label = max(len(column.heading) for column in columns) + len(_GAP)
    for row in filter(None, rows):
        for column, cell in zip(columns, row, strict=False):
            for number, text in enumerate(wrap(cell.text, width - label) if column.prose else [cell.text]):
                heading = _decorated(Cell(column.heading, "bold")) if number == 0 else ""
                space = " " * (label - (len(column.heading) if number == 0 else 0))
                if text:
                    yield heading + space + _decorated(cell._replace(text=text))
        yield ""


def _printable(text: str, style: str, link: str) -> Cell:
    return Cell(harmless(text).replace("\n", "\\n").replace("\t", "\\t"), style, link)


def _decorated(cell: Cell) -> str:
    """The text with colour and link, if stdout supports them."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return cell.text
    text = cell.text
    if cell.style and not os.environ.get("NO_COLOR"):
        looks = {cell.style: True} if cell.style in {"bold", "dim"} else {"fg": cell.style}
        text = typer.style(text, **looks)
    address = _address(cell.link)
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if address else text


def _address(place: str) -> str:
    """The URL of a link; empty if it is neither a URL nor an existing file."""
    if "://" in place:
        return quote(place, safe=":/?&=%#@+,;~")
    return Path(place).absolute().as_uri() if place and Path(place).is_file() else ""
