"""What a person sees: results on stdout; talk, progress bars and complaints on stderr."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

# rich is imported where it is used: `copytrace score --json` prints without it.
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    from copytrace.cli.bars import TerminalBar

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
        from rich.segment import Segment

        for segment in console.render(self._inner, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


def result(text: str | RenderableType) -> None:
    """Print a result on stdout; a plain string is printed as it is, but for control characters."""
    if isinstance(text, str):
        sys.stdout.write(harmless(text) + "\n")
    else:
        from rich.console import Console

        Console(highlight=False).print(_Harmless(text))


def result_json(value: Mapping[str, Any] | list[Any]) -> None:
    """Print a result as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False).translate(_JSON_CONTROLS) + "\n")


@cache
def talk() -> Console:
    """The console on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """Tell the user something on stderr."""
    talk().print(harmless(message), markup=False, soft_wrap=True)


def complain(message: str) -> None:
    """Tell the user on stderr what went wrong."""
    from rich.text import Text

    talk().print(Text.assemble(("error: ", "bold red"), harmless(message)), soft_wrap=True)


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
    """Shows long-running work as bars with rate and time left; only the final state where no one watches."""

    def task(self, label: str, total: int | None, unit: str = "") -> AbstractContextManager[TerminalBar]:
        """Show a bar until the block ends."""
        from copytrace.cli.bars import shown_bar

        return shown_bar(talk(), label, total, unit)

    def note(self, message: str) -> None:
        """Say something on stderr."""
        say(message)
