from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING

from rich.progress import Progress

from copytrace.cli import terminal
from copytrace.cli.bars import TerminalBar
from copytrace.cli.tables import show_table

if TYPE_CHECKING:
    import pytest

HOSTILE = "a\x1b[31m\x9b2J.jpg"
SPELLED = r"a\x1b[31m\x9b2J.jpg"


def test_what_an_earlier_run_did_is_no_part_of_the_rate() -> None:
    now = [0.0]
    shown = Progress(get_time=lambda: now[0], disable=True)
    bar = TerminalBar(shown, shown.add_task("describe", total=2000))
    for _ in range(25):
        bar.advance(64, earlier=True)
    for now[0] in (1.0, 2.0, 3.0):
        bar.advance(10)
    task = shown.tasks[0]
    assert (task.completed, task.total) == (1630, 2000)
    assert task.speed == 10


def test_work_that_was_all_done_earlier_is_finished() -> None:
    shown = Progress(disable=True)
    TerminalBar(shown, shown.add_task("describe", total=64)).advance(64, earlier=True)
    assert shown.finished


def test_control_characters_of_names_never_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(["name"], [(HOSTILE,)])
    terminal.result(HOSTILE)
    terminal.say(HOSTILE)
    terminal.complain(HOSTILE)
    told = capsys.readouterr()
    assert told.out.count(SPELLED) == 2
    assert told.err.count(SPELLED) == 2
    assert not {"\x1b", "\x9b"} & set(told.out + told.err)


def test_a_terminal_breaks_messages_and_results_at_spaces_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setattr(terminal, "talk", terminal.talk.__wrapped__)
    for name, message, shown in (
        ("stdout", terminal.result, "copy of photograph\n(99.8%)\n\nreports/a-long-name.html\n"),
        ("stderr", terminal.complain, "error: copy of\nphotograph (99.8%)\n\nreports/a-long-name.html\n"),
    ):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda: True)
        monkeypatch.setattr(sys, name, stream)
        message("copy of photograph (99.8%)\n\nreports/a-long-name.html")
        assert re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue()) == shown


def test_json_keeps_a_name_and_spells_its_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.result_json({"name": HOSTILE})
    told = capsys.readouterr().out
    assert "\x9b" not in told
    assert json.loads(told) == {"name": HOSTILE}


def test_what_stdout_cannot_show_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    terminal.escape_unprintable()
    terminal.result("Zürich 東京.jpg")
    terminal.result_json({"name": "Zürich 東京.jpg"})
    sys.stdout.flush()
    text, _, as_json = written.getvalue().decode("latin-1").partition("\n")
    assert text == r"Zürich \u6771\u4eac.jpg"
    assert as_json.isascii()
    assert json.loads(as_json) == {"name": "Zürich 東京.jpg"}
