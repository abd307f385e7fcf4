from __future__ import annotations

from rich.progress import Progress

from copytrace.cli.terminal import TerminalBar


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
