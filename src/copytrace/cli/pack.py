"""`copytrace pack`: from descriptor sets to a submission of the descriptor track."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.check import report_as_json, show_report


def pack(
    queries: Annotated[
        Path, typer.Argument(metavar="QUERIES.h5", help="The queries, as `copytrace describe` writes them.")
    ],
    references: Annotated[
        Path | None,
        typer.Argument(metavar="REFERENCES.h5", help="The references, described by the same model."),
    ] = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="SUBMISSION.h5", help="The submission to write.")
    ],
    frozen: Annotated[
        Path | None,
        typer.Option(
            "--frozen",
            metavar="FILE.h5",
            help="Phase 2: the set or submission with the frozen references; only the queries are written.",
        ),
    ] = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Make a submission of the descriptor track from the descriptor sets of queries and references."""
    from copytrace.pipelines.pack import pack as pack_sets

    report = pack_sets(
        queries, references, output, frozen=frozen, replace=replace, progress=terminal.TerminalProgress()
    )
    terminal.result_json(report_as_json(report)) if as_json else show_report(report)
