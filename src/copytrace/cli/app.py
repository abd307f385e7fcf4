"""The application: all verbs, and errors as a message with an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

import copytrace
from copytrace.cli import terminal
from copytrace.cli.commands import SECTIONS, Command
from copytrace.cli.help import HelpCommand, HelpGroup
from copytrace.errors import CopytraceError

INTERRUPTED = 130


class _LazyCommand(TyperCommand):
    """A verb that is imported when it runs or shows its help."""

    def __init__(self, command: Command) -> None:
        super().__init__(command.name, help=command.help)
        self._command = command

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own signature
        """Import the verb and let it parse its own arguments."""
        return get_command(load(self._command)).make_context(*args, **kwargs)


class _Root(HelpGroup):
    """Lists all verbs; typer itself would import each one to list it."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's own settings
        super().__init__(**settings)
        for section in SECTIONS:
            for command in section.commands:
                self.add_command(_LazyCommand(command))

    def sections(self) -> Iterator[tuple[str, list[str]]]:
        """The verbs, by purpose."""
        for section in SECTIONS:
            yield section.title, [command.name for command in section.commands]


app = typer.Typer(
    cls=_Root,
    name="copytrace",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(given: bool) -> None:
    if given:
        terminal.result(copytrace.__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Find edited copies of images, and run the challenge that measures how well it works.

    Help on a command: copytrace COMMAND --help

    Examples:
        copytrace find suspects/ library/
        copytrace compare photo.jpg original.jpg
    """


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with expected errors turned into a message and an exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - whatever the verb takes
        try:
            command(*args, **kwargs)
        except (CopytraceError, KeyboardInterrupt, OSError, MemoryError) as error:
            raise typer.Exit(report(error)) from error

    return run


def report(error: BaseException) -> int:
    """Print what went wrong; returns the exit code."""
    match error:
        case CopytraceError():
            terminal.complain(str(error))
            return error.exit_code
        case KeyboardInterrupt():
            terminal.complain("Interrupted. No incomplete files were left behind.")
            return INTERRUPTED
        case BrokenPipeError():
            # The reader (head, less) has ended, so nobody would see a message.
            _drop_unwritten()
            return 0
        case MemoryError():
            terminal.complain("Out of memory. Close other programs, or use smaller inputs.")
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            advice = ". Free some space and run it again." if error.errno == errno.ENOSPC else ""
            terminal.complain(f"{place}{error.strerror or error}{advice}")
            _drop_unwritten()
    return CopytraceError.exit_code


def _drop_unwritten() -> None:
    """Discard results that cannot be written, so that they cause no second error when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def load(command: Command) -> typer.Typer:
    """Import a verb, or a group of verbs."""
    return _load_group(command) if command.is_group else _load_verb(command)


def _load_verb(command: Command) -> typer.Typer:
    module = import_module(f"copytrace.cli.{command.module}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    verb = getattr(module, command.name.replace("-", "_"))
    alone.command(command.name, cls=HelpCommand)(_guarded(verb))
    return alone


def _load_group(command: Command) -> typer.Typer:
    module = import_module(f"copytrace.cli.{command.module}")
    default: Callable[..., None] | None = getattr(module, command.name, None)
    group = typer.Typer(
        cls=HelpGroup,
        name=command.name,
        help=command.help,
        no_args_is_help=default is None,
        add_completion=False,
        rich_markup_mode=None,
    )
    if default is not None:
        group.callback(invoke_without_command=True)(_guarded(default))
    for verb in module.COMMANDS:
        # Verbs named like a builtin of Python end in an underscore.
        group.command(verb.__name__.strip("_").replace("_", "-"), cls=HelpCommand)(_guarded(verb))
    return group
