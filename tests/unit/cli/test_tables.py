from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from copytrace.cli.tables import Cell, Column, render, show_table

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [Column("query"), Column("probability", right=True), Column("verdict", prose=True)]
PATH = "holidays/2019-06-summer-at-the-lake/IMG_0001.jpg"


class Terminal(io.StringIO):
    """Looks like a terminal to what prints there."""

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, *rows: Cell, **environment: str) -> list[str]:
    """What a terminal gets to show a table of one column."""
    for name, value in ({"COLUMNS": "80", "TERM": "xterm", "NO_COLOR": ""} | environment).items():
        monkeypatch.setenv(name, value)
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    show_table(["name"], [(cell,) for cell in rows])
    return shown.getvalue().splitlines()


def lines(width: int | None, *rows: tuple[str, ...]) -> list[str]:
    return list(render(COLUMNS, [tuple(map(Cell, row)) for row in rows], width))


def test_numbers_are_aligned_to_the_right_and_lines_end_with_their_text() -> None:
    assert lines(None, ("a.jpg", "100%", "copy"), ("bc.jpg", "4%", "")) == [
        "query   probability  verdict",
        "a.jpg          100%  copy",
        "bc.jpg           4%",
    ]


def test_a_pipe_gets_one_whole_line_per_row(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(COLUMNS, [(PATH * 9, "99%", "copy: " + "cropped, " * 40)])
    assert capsys.readouterr().out.count("\n") == 2


def test_prose_is_broken_at_spaces_to_fit_the_terminal() -> None:
    assert lines(50, ("a.jpg", "99%", "copy: cropped, mirrored, with text")) == [
        "query  probability  verdict",
        "a.jpg          99%  copy: cropped, mirrored, with",
        "                    text",
    ]


def test_a_table_that_does_not_fit_is_a_list_of_records_with_whole_paths() -> None:
    assert lines(60, (PATH, "99%", "copy"), ("b.jpg", "1%", "")) == [
        f"query        {PATH}",
        "probability  99%",
        "verdict      copy",
        "",
        "query        b.jpg",
        "probability  1%",
        "",
    ]


def test_wide_characters_take_two_columns() -> None:
    assert lines(None, ("日本.jpg", "9%", "x"), ("a.jpg", "9%", "y"))[1:] == [
        "日本.jpg           9%  x",
        "a.jpg              9%  y",
    ]


def test_a_line_break_in_a_name_is_escaped() -> None:
    assert lines(None, ("a\nb.jpg", "", ""))[1] == r"a\nb.jpg"


def test_a_terminal_shows_colours_and_links_to_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    photo = tmp_path / "a b.jpg"
    photo.touch()
    rows = (
        Cell("a", "green", str(photo)),
        Cell("gone", "", "gone.jpg"),
        Cell("far", "", "https://host/\x1b[31m"),
    )
    link = "\x1b]8;;{}\x1b\\{}\x1b]8;;\x1b\\"
    assert on_terminal(monkeypatch, *rows) == [
        "\x1b[1mname\x1b[0m",
        link.format(photo.as_uri(), "\x1b[32ma\x1b[0m"),
        "gone",
        link.format("https://host/%1B%5B31m", "far"),
    ]


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    assert on_terminal(monkeypatch, Cell("a", "green"), **environment) == ["name", "a"]
