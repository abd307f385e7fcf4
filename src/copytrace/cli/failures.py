"""Reports images that could not be used: a warning, and a file that lists them."""

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
    """Refuse to overwrite an existing file with failures, unless an earlier run wrote it.

    Raises:
        InputError: see `check_output`.
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
    fate: str = "could not be used; the others are done",
    fatal: bool = True,
) -> None:
    """Report failures on stderr, and list all of them in `file`.

    Args:
        failures: what failed.
        file: the CSV file to write, with a row for each.
        what: what failed, in the singular.
        fate: the end of the sentence that counts them, such as "could not be restored".
        fatal: whether the command ends with exit code 1; otherwise they are a warning.

    Raises:
        typer.Exit: there are failures, and they are fatal.
    """
    if file is not None:
        with whole_file(file) as path, path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow([what, "reason"])
            writer.writerows((failure.name, failure.reason) for failure in failures)
    if not failures:
        return
    plural = what if len(failures) == 1 else f"{what}s"
    report = terminal.complain if fatal else terminal.warn
    report(f"{len(failures):,} {plural} {fate}.")
    for failure in failures[:SHOWN]:
        terminal.say(f"  {failure.name}: {failure.reason}")
    if len(failures) > SHOWN:
        where = f"all are listed in {file}" if file else "list all of them with --failures FILE"
        terminal.say(f"  ... and {len(failures) - SHOWN:,} more; {where}")
    if fatal:
        raise typer.Exit(CopytraceError.exit_code)
