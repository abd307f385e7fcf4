"""`copytrace check`: is a submission what the challenge takes?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import terminal
from copytrace.errors import SubmissionError

if TYPE_CHECKING:
    from copytrace.records import Report


def check(
    submission: Annotated[
        Path,
        typer.Argument(
            metavar="SUBMISSION", help="A CSV file (matching track) or an HDF5 file (descriptor track)."
        ),
    ],
    *,
    queries: Annotated[
        Path | None,
        typer.Option("--queries", "-q", metavar="IDS", help="The challenge's query IDs, one per line."),
    ] = None,
    references: Annotated[
        Path | None,
        typer.Option(
            "--references", "-r", metavar="IDS", help="The challenge's reference IDs, one per line."
        ),
    ] = None,
    queries_only: Annotated[
        bool, typer.Option("--queries-only", help="A submission of phase 2, whose references are frozen.")
    ] = False,
    frozen: Annotated[
        Path | None,
        typer.Option(
            "--frozen", metavar="FILE.h5", help="The frozen references, to compare; implies --queries-only."
        ),
    ] = None,
    as_json: terminal.Json = False,
) -> None:
    """Check a submission, and name all that is to be corrected (exit code 2 if anything is)."""
    from copytrace.pipelines.check import check as check_file

    report = check_file(
        submission, queries=queries, references=references, queries_only=queries_only, frozen=frozen
    )
    terminal.result_json(report_as_json(report)) if as_json else show_report(report)
    _tell_not_compared(queries, references, report)
    if not report.valid:
        raise typer.Exit(SubmissionError.exit_code)


def show_report(report: Report) -> None:
    """Print what a check found: what the file holds, or what is to be corrected."""
    if report.valid:
        terminal.result(f"{report.path}: a valid submission to the {report.track} track")
    else:
        count = "1 fault" if len(report.faults) == 1 else f"{len(report.faults)} faults"
        terminal.result(f"{report.path}: not valid for the {report.track} track, {count}:")
    for fault in report.faults:
        terminal.result(f"  - {fault.removeprefix(f'{report.path}: ')}")
    for name, value in report.facts.items():
        number = f"{value:,}" if isinstance(value, int) else value
        terminal.result(f"  {name.replace('_', ' '):<16} {number}")


def report_as_json(report: Report) -> dict[str, Any]:
    """A report as JSON gives it."""
    return {
        "path": report.path,
        "track": report.track,
        "valid": report.valid,
        "faults": list(report.faults),
        "facts": report.facts,
    }


def _tell_not_compared(queries: Path | None, references: Path | None, report: Report) -> None:
    """Say what was not judged for want of IDs, so that nobody takes it for judged."""
    missing = [] if queries else ["--queries IDS"]
    if references is None and "reference_sha256" not in report.facts:
        missing.append("--references IDS")
    if missing:
        terminal.say(
            f"The IDs were not compared with the challenge's; give {' and '.join(missing)} for that."
        )
