"""Puts the verbs together, and turns errors into a message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

import copytrace
from copytrace.cli import terminal
from copytrace.cli.commands import COMMANDS, GROUPS, Command
from copytrace.errors import CopytraceError

INTERRUPTED = 130


class _LazyCommand(TyperCommand):
    """A verb that is imported when it runs or shows its help."""

    def __init__(self, command: Command, load: Callable[[Command], typer.Typer]) -> None:
        super().__init__(command.name, help=command.help)
        self._command = command
        self._load = load

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own signature
        """Import the verb; it takes over from here."""
        return get_command(self._load(self._command)).make_context(*args, **kwargs)


class _Root(TyperGroup):
    """All verbs; typer itself would import each of them to list it."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's own settings
        super().__init__(**settings)
        for command in COMMANDS:
            self.add_command(_LazyCommand(command, load_command))
        for group in GROUPS:
            self.add_command(_LazyCommand(group, load_group))


app = typer.Typer(
    cls=_Root,
    name="copytrace",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        terminal.result(copytrace.__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Finds the edited copies of images, and runs the challenge that proves how well it finds them."""


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with every foreseen error as a sentence and an exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - whatever the verb takes
        try:
            command(*args, **kwargs)
        except (CopytraceError, KeyboardInterrupt, OSError, MemoryError) as error:
            raise typer.Exit(report(error)) from error

    return run


def report(error: BaseException) -> int:
    """Tell the user what happened, and give the exit code that belongs to it."""
    match error:
        case CopytraceError():
            terminal.complain(str(error))
            return error.exit_code
        case KeyboardInterrupt():
            terminal.complain("Interrupted; nothing half-written was left behind.")
            return INTERRUPTED
        case BrokenPipeError():
            # The reader (head, less) went away: nothing is left to say, and nothing to say it to.
            _drop_unwritten()
            return 0
        case MemoryError():
            terminal.complain(
                "The machine ran out of memory. Close other programs or give it smaller inputs."
            )
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            advice = ". Free some space and run it again." if error.errno == errno.ENOSPC else ""
            terminal.complain(f"{place}{error.strerror or error}{advice}")
            _drop_unwritten()
    return CopytraceError.exit_code


def _drop_unwritten() -> None:
    """Have results that cannot be written be no second error when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def load_command(command: Command) -> typer.Typer:
    """Import a verb."""
    module = import_module(f"copytrace.cli.{command.module}")
    alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
    alone.command(command.name)(_guarded(getattr(module, command.name.replace("-", "_"))))
    return alone


def load_group(command: Command) -> typer.Typer:
    """Import a group of verbs."""
    module = import_module(f"copytrace.cli.{command.module}")
    default: Callable[..., None] | None = getattr(module, command.name, None)
    group = typer.Typer(
        name=command.name,
        help=command.help,
        no_args_is_help=default is None,
        add_completion=False,
        rich_markup_mode="rich",
    )
    if default is not None:
        group.callback(invoke_without_command=True)(_guarded(default))
    for verb in module.COMMANDS:
        # A verb that is called like a builtin of Python has an underscore behind it.
        group.command(verb.__name__.strip("_").replace("_", "-"))(_guarded(verb))
    return group
