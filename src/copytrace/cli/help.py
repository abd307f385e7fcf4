"""Formats `--help`: plain text as wide as the terminal, with examples at the end. Words are never broken."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from copytrace.cli.wrap import BOLD, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDEST = 110
"""Columns; longer lines are hard to read on a wide terminal."""
_INDENT = "  "
_LONGEST_TERM = 26
"""Columns; a longer option (with its value) gets its own line."""


_VALUES = {"str": "TEXT", "int": "N", "int range": "N", "float": "X", "float range": "X", "path": "PATH"}


class Help(NamedTuple):
    """The parts of a verb's docstring.

    Attributes:
        paragraphs: the paragraphs of its text.
        examples: the command lines below `Examples:`.
    """

    paragraphs: list[str]
    examples: list[str]


def read_help(docstring: str) -> Help:
    """Split a docstring into its text and its examples.

    >>> read_help('''Show a leaderboard.
    ...
    ... Examples:
    ...     copytrace leaderboard
    ... ''')
    Help(paragraphs=['Show a leaderboard.'], examples=['copytrace leaderboard'])
    """
    text, _, examples = inspect.cleandoc(docstring).partition("Examples:\n")
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    return Help(paragraphs, [line.strip() for line in examples.splitlines() if line.strip()])


class HelpCommand(TyperCommand):
    """A verb with its own `--help`."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - click's own signature
        """The parts of the usage line."""
        return _plain(super().collect_usage_pieces(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - click's own signature
        """Write the help page."""
        formatter.write(_page(self, ctx, ()))


class HelpGroup(TyperGroup):
    """A group of verbs with its own `--help`."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - click's own signature
        """The parts of the usage line."""
        return _plain(super().collect_usage_pieces(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - click's own signature
        """Write the help page."""
        named = self.sections()
        formatter.write(_page(self, ctx, [(title, list(map(self._about, names))) for title, names in named]))

    def _about(self, name: str) -> tuple[str, str]:
        return name, read_help(self.commands[name].help or "").paragraphs[0]

    def sections(self) -> Iterator[tuple[str, list[str]]]:
        """Headings, and the names of the verbs below each."""
        yield "Commands", list(self.commands)


def parameters(command: Any, ctx: Any, kind: str) -> list[tuple[str, str]]:  # noqa: ANN401 - typer hides click's types
    """The arguments or the options of a verb: what to type, and what it means.

    Args:
        command: the verb.
        ctx: its context.
        kind: `argument` or `option`.
    """
    records = [each.get_help_record(ctx) for each in command.get_params(ctx) if each.param_type_name == kind]
    return [(_term(written, kind), about) for written, about in filter(None, records)]


def _term(written: str, kind: str) -> str:
    """What to type, with a usual word for a value: typer writes `--limit <int range>` and `--ids <stem|path>`.

    >>> _term("--limit <int range>", "option"), _term("--ids <stem|path>", "option"), _term("FILE <path>", "argument")
    ('--limit N', '--ids stem|path', 'FILE')
    """
    name, _, value = written.partition(" <")
    if not value or kind == "argument":
        return name
    return f"{name} {_VALUES.get(value.removesuffix('>'), value.removesuffix('>'))}"


def _page(
    command: HelpCommand | HelpGroup,
    ctx: Any,  # noqa: ANN401 - click's context, which typer hides
    sections: Iterable[tuple[str, list[tuple[str, str]]]],
) -> str:
    width = min(_columns(), WIDEST)
    text = read_help(command.help or "")
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    lines = [_heading("Usage:"), *(_INDENT + line for line in wrap(usage, width - len(_INDENT)))]
    for paragraph in text.paragraphs:
        lines += ["", *wrap(paragraph, width)]
    arguments, options = (parameters(command, ctx, kind) for kind in ("argument", "option"))
    for heading, rows in (*sections, ("Arguments", arguments), ("Options", options)):
        if rows:
            lines += ["", _heading(f"{heading}:"), *_terms(rows, width)]
    if text.examples:
        lines += ["", _heading("Examples:"), *(_INDENT + example for example in text.examples)]
    return BOLD.sub(lambda bold: _bold(bold[1]), "\n".join(lines)) + "\n"


def _columns() -> int:
    from shutil import get_terminal_size

    return max(get_terminal_size().columns, 40)


def _plain(pieces: Sequence[str]) -> list[str]:
    """The parts of a usage line; typer puts the names of required arguments in braces."""
    return [piece.translate({ord("{"): None, ord("}"): None}) for piece in pieces]


def _terms(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Terms, with their meanings to the right."""
    column = min(max(len(term) for term, _ in rows), _LONGEST_TERM) + 2 * len(_INDENT)
    for term, about in rows:
        explained = wrap(about, width - column)
        if len(term) <= _LONGEST_TERM:
            yield f"{_INDENT}{term}".ljust(column) + explained.pop(0)
        else:
            yield f"{_INDENT}{term}"
        yield from (" " * column + line for line in explained)


def _heading(text: str) -> str:
    return f"[b]{text}[/]"


def _bold(text: str) -> str:
    return text if os.environ.get("NO_COLOR") else typer.style(text, bold=True)
