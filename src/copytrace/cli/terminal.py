"""What a person sees: results on stdout; talk, progress bars and complaints on stderr."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
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
from rich.segment import Segment
from rich.table import Column
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import ConsoleOptions, RenderableType

talk = Console(stderr=True, highlight=False)

_THOUSAND = 1000

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_JSON_CONTROLS = {code: f"\\u{code:04x}" for code in range(127, 160)}


def harmless(text: str) -> str:
    r"""Text whose control characters are spelled out, as a name may hold codes that change the terminal.

    >>> harmless("a\x1b[31m.jpg")
    'a\\x1b[31m.jpg'
    """
    return text.translate(_CONTROLS)


class _Harmless:
    """A table or the like, with the control characters of its texts spelled out."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._inner, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


def result(text: str | RenderableType) -> None:
    """Print a result on stdout; a plain string is printed as it is, but for control characters."""
    if isinstance(text, str):
        sys.stdout.write(harmless(text) + "\n")
    else:
        Console(highlight=False).print(_Harmless(text))


def result_json(value: Mapping[str, Any] | list[Any]) -> None:
    """Print a result as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False).translate(_JSON_CONTROLS) + "\n")


def say(message: str) -> None:
    """Tell the user something on stderr."""
    talk.print(harmless(message), markup=False, soft_wrap=True)


def complain(message: str) -> None:
    """Tell the user on stderr what went wrong."""
    talk.print(Text.assemble(("error: ", "bold red"), harmless(message)), soft_wrap=True)


def size_of(count: float) -> str:
    """A number of bytes for people.

    >>> size_of(999), size_of(20_480_000), size_of(1.5e12)
    ('999 bytes', '20.5 MB', '1.5 TB')
    """
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < _THOUSAND:
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= _THOUSAND
    return f"{count:,.1f} TB"


class _Rate(ProgressColumn):
    """Units per second, over the last seconds."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        unit = task.fields.get("unit", "")
        if unit == "bytes" and speed is not None:
            return Text(f"{size_of(speed)}/s", style="cyan")
        return Text("" if speed is None else f"{speed:,.0f} {unit}/s", style="cyan")


class TerminalBar:
    """A bar on the terminal; see `progress.Bar`."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:
        """Show that more units are done."""
        self._progress.advance(self._task, count)
        task = self._progress.tasks[self._task]
        if earlier and task.total is not None:
            # Another total has the bar forget its samples, from which it tells rate and time left.
            self._progress.update(self._task, total=task.total + 1)
            self._progress.update(self._task, total=task.total - 1)

    def show(self, text: str) -> None:
        """Show a few words beside the bar."""
        self._progress.update(self._task, shown=text)


class TerminalProgress:
    """Shows long-running work as bars with rate and time left; only the final state where no one watches."""

    @contextmanager
    def task(self, label: str, total: int | None, unit: str = "") -> Iterator[TerminalBar]:
        """Show a bar until the block ends."""
        columns = (
            TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=16)),
            BarColumn(bar_width=20),
            DownloadColumn() if unit == "bytes" else MofNCompleteColumn(),
            _Rate(table_column=Column(no_wrap=True)),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("{task.fields[shown]}", table_column=Column(no_wrap=True)),
        )
        with Progress(*columns, console=talk, speed_estimate_period=10) as progress:
            yield TerminalBar(progress, progress.add_task(label, total=total, unit=unit, shown=""))

    def note(self, message: str) -> None:
        """Say something on stderr."""
        say(message)
