"""How a verb tells of images that could not be used: a summary, a file, and exit code 1."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import typer

from copytrace.cli import terminal
from copytrace.errors import CopytraceError
from copytrace.files import check_output, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from copytrace.records import Failure

SHOWN = 10


def check_failures_file(
    file: Path | None, *, replace: bool, inputs: Iterable[Path | str | None] = ()
) -> None:
    """Refuse a file for failures as any other output; that of an earlier run may be replaced.

    Raises:
        InputError: as `check_output`.
    """
    check_output(file, replace=replace or (file is not None and _holds_failures(file)), inputs=inputs)


def _holds_failures(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.readline(40).strip().endswith(b",reason")


def tell_failures(
    failures: Sequence[Failure],
    file: Path | None,
    *,
    what: str = "image",
    fate: str = "could not be used; the rest is done",
) -> None:
    """Name the failures on stderr, and all of them in `file`; ends the command with exit code 1 if any.

    Args:
        failures: what failed.
        file: a CSV to write, with a row for each.
        what: what it is that failed, in the singular.
        fate: the end of the sentence that tells their number.

    Raises:
        typer.Exit: there are failures.
    """
    if file is not None:
        with whole_file(file) as path, path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow([what, "reason"])
            writer.writerows((failure.name, failure.reason) for failure in failures)
    if not failures:
        return
    plural = what if len(failures) == 1 else f"{what}s"
    terminal.complain(f"{len(failures):,} {plural} {fate}.")
    for failure in failures[:SHOWN]:
        terminal.say(f"  {failure.name}: {failure.reason}")
    if len(failures) > SHOWN:
        where = f"all of them are in {file}" if file else "name a file for all of them: --failures FILE"
        terminal.say(f"  ... and {len(failures) - SHOWN:,} more; {where}")
    raise typer.Exit(CopytraceError.exit_code)
