"""`copytrace check`: check a submission."""

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
            metavar="SUBMISSION", help="CSV file (matching track) or HDF5 file (descriptor track)."
        ),
    ],
    *,
    queries: Annotated[
        Path | None,
        typer.Option("--queries", "-q", metavar="IDS", help="Query IDs of the challenge, one per line."),
    ] = None,
    references: Annotated[
        Path | None,
        typer.Option(
            "--references", "-r", metavar="IDS", help="Reference IDs of the challenge, one per line."
        ),
    ] = None,
    queries_only: Annotated[
        bool, typer.Option("--queries-only", help="Check a phase 2 submission, which holds queries only.")
    ] = False,
    frozen: Annotated[
        Path | None,
        typer.Option(
            "--frozen",
            metavar="FILE.h5",
            help="Compare with these frozen references. Implies --queries-only.",
        ),
    ] = None,
    as_json: terminal.Json = False,
) -> None:
    """Check a submission and list every problem.

    Exits with 2 if there is a problem.

    Examples:
        copytrace check matches.csv --queries queries.txt --references references.txt
        copytrace check queries.h5 --frozen references.h5
    """
    from copytrace.pipelines.check import check as check_file

    report = check_file(
        submission, queries=queries, references=references, queries_only=queries_only, frozen=frozen
    )
    terminal.result_json(report_as_json(report)) if as_json else show_report(report)
    _tell_not_compared(queries, references, report)
    if not report.valid:
        raise typer.Exit(SubmissionError.exit_code)


def show_report(report: Report) -> None:
    """Print the contents of a valid submission, or every problem."""
    if report.valid:
        terminal.result(f"{report.path}: valid submission to the {report.track} track")
    else:
        count = "1 problem" if len(report.faults) == 1 else f"{len(report.faults)} problems"
        terminal.result(f"{report.path}: not valid for the {report.track} track, {count}:")
    for fault in report.faults:
        terminal.result(f"  - {fault.removeprefix(f'{report.path}: ')}")
    for name, value in report.facts.items():
        number = f"{value:,}" if isinstance(value, int) else value
        terminal.result(f"  {name.replace('_', ' '):<16} {number}")


def report_as_json(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "path": report.path,
        "track": report.track,
        "valid": report.valid,
        "faults": list(report.faults),
        "facts": report.facts,
    }


def _tell_not_compared(queries: Path | None, references: Path | None, report: Report) -> None:
    """Say which IDs were not checked, and how to check them."""
    missing = [] if queries else ["--queries IDS"]
    if references is None and "reference_sha256" not in report.facts:
        missing.append("--references IDS")
    if missing:
        terminal.say(
            f"IDs were not compared with those of the challenge. To compare them, add {' and '.join(missing)}"
        )
