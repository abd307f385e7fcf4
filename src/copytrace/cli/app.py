"""Puts the verbs together, and turns errors into a message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

import copytrace
from copytrace.cli import data, models, terminal
from copytrace.cli.benchmark import benchmark
from copytrace.cli.check import check
from copytrace.cli.compare import compare
from copytrace.cli.demo import demo
from copytrace.cli.describe import describe
from copytrace.cli.edit import edit
from copytrace.cli.find import find
from copytrace.cli.fit_background import fit_background
from copytrace.cli.host import HOST_COMMANDS
from copytrace.cli.pack import pack
from copytrace.cli.participant import PARTICIPANT_COMMANDS
from copytrace.cli.score import score
from copytrace.cli.train import train
from copytrace.cli.train_inset import train_inset
from copytrace.errors import CopytraceError

INTERRUPTED = 130

COMMANDS: tuple[Callable[..., None], ...] = (
    describe,
    find,
    compare,
    pack,
    check,
    score,
    edit,
    benchmark,
    fit_background,
    train,
    train_inset,
    demo,
    *PARTICIPANT_COMMANDS,
)

GROUPS: dict[str, tuple[tuple[Callable[..., None], ...], str]] = {
    "data": (data.COMMANDS, data.HELP),
    "host": (HOST_COMMANDS, "Run a challenge site: phases, uploads, a queue, leaderboards."),
    "models": (models.COMMANDS, models.HELP),
}
"""Verbs that have verbs of their own: `copytrace data get`."""

ALONE: dict[str, Callable[..., None]] = {"models": models.models}
"""What such a verb does when it is given none of them."""

app = typer.Typer(
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


for _command in COMMANDS:
    app.command(_command.__name__.replace("_", "-"))(_guarded(_command))

for _name, (_commands, _help) in GROUPS.items():
    _group = typer.Typer(name=_name, help=_help, no_args_is_help=_name not in ALONE, rich_markup_mode="rich")
    if _name in ALONE:
        _group.callback(invoke_without_command=True)(_guarded(ALONE[_name]))
    for _command in _commands:
        # A verb that is called like a builtin of Python has an underscore behind it.
        _group.command(_command.__name__.strip("_").replace("_", "-"))(_guarded(_command))
    app.add_typer(_group)
