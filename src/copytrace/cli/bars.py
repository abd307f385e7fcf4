"""Progress bars on a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


class _Rate(ProgressColumn):
    """Units per second, over the last few seconds."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        unit = task.fields.get("unit", "")
        if unit == "bytes" and speed is not None:
            return Text(f"{decimal(int(speed))}/s", style="cyan")
        return Text("" if speed is None else f"{speed:,.0f} {unit}/s", style="cyan")


class TerminalBar:
    """A bar on the terminal; see `progress.Bar`."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:
        """Advance by some units."""
        self._progress.advance(self._task, count)
        task = self._progress.tasks[self._task]
        if earlier and task.total is not None:
            # A new total clears the samples that rate and time left are computed from.
            self._progress.update(self._task, total=task.total + 1)
            self._progress.update(self._task, total=task.total - 1)

    def show(self, text: str) -> None:
        """Show a few words beside the bar."""
        self._progress.update(self._task, shown=text)


@contextmanager
def shown_bar(console: Console, label: str, total: int | None, unit: str) -> Iterator[TerminalBar]:
    """Show a bar until the block ends."""
    columns = (
        TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=16)),
        BarColumn(bar_width=20),
        DownloadColumn() if unit == "bytes" else MofNCompleteColumn(),
        _Rate(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[shown]}", table_column=Column(no_wrap=True)),
    )
    with Progress(*columns, console=console, speed_estimate_period=10) as progress:
        yield TerminalBar(progress, progress.add_task(label, total=total, unit=unit, shown=""))
