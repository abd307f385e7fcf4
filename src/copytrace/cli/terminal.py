"""Terminal output: results on stdout; messages, warnings and progress bars on stderr."""

from __future__ import annotations

import io
import json
import sys
from functools import cache
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli.wrap import fitted

# rich is imported where it is used: `copytrace score --json` prints without it.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from rich.console import Console

    from copytrace.cli.bars import TerminalBar

_THOUSAND = 1000

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_JSON_CONTROLS = {code: f"\\u{code:04x}" for code in range(127, 160)}


def harmless(text: str) -> str:
    r"""Escape control characters: a file name may hold codes that change the terminal.

    >>> harmless("a\x1b[31m.jpg")
    'a\\x1b[31m.jpg'
    """
    return text.translate(_CONTROLS)


def escape_unprintable() -> None:
    """Make stdout escape characters that its encoding lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def result(text: str) -> None:
    """Print a line of the result on stdout; on a terminal, broken at spaces alone."""
    text = harmless(text)
    sys.stdout.write((fitted(text, get_terminal_size().columns) if sys.stdout.isatty() else text) + "\n")


def result_json(value: Mapping[str, Any] | list[Any]) -> None:
    """Print a result as JSON on stdout; as ASCII if stdout is not UTF-8."""
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=ascii_only).translate(_JSON_CONTROLS) + "\n")


@cache
def talk() -> Console:
    """The console on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """Print a message on stderr."""
    sys.stdout.flush()  # Keep the order if both go to the same file.
    talk().print(_shown(message), markup=False, soft_wrap=True)


def warn(message: str) -> None:
    """Print a warning on stderr."""
    _label("warning: ", "bold yellow", message)


def complain(message: str) -> None:
    """Print an error on stderr."""
    _label("error: ", "bold red", message)


def _label(label: str, style: str, message: str) -> None:
    from rich.text import Text

    text = _shown(label + message)
    talk().print(Text.assemble((label, style), text[len(label) :]), soft_wrap=True)


def _shown(message: str) -> str:
    """A message as stderr shows it."""
    message = harmless(message)
    return fitted(message, talk().width) if talk().is_terminal else message


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


class TerminalProgress:
    """Shows long-running work as bars with rate and time left; outside a terminal, only their final state."""

    def task(self, label: str, total: int | None, unit: str = "") -> AbstractContextManager[TerminalBar]:
        """Show a bar until the block ends."""
        from copytrace.cli.bars import shown_bar

        return shown_bar(talk(), label, total, unit)

    def note(self, message: str) -> None:
        """Print a message on stderr."""
        say(message)
