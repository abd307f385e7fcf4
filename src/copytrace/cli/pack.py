"""`copytrace pack`: make a descriptor-track submission."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.check import report_as_json, show_report


def pack(
    queries: Annotated[
        Path, typer.Argument(metavar="QUERIES.h5", help="Queries, from `copytrace describe`.")
    ],
    references: Annotated[
        Path | None,
        typer.Argument(metavar="REFERENCES.h5", help="References, from the same model."),
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
            help="For phase 2: the set or submission with the frozen references. Writes queries only.",
        ),
    ] = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Make a descriptor-track submission from two descriptor sets.

    Examples:
        copytrace pack queries.h5 references.h5 -o submission.h5
        copytrace pack queries.h5 --frozen references.h5 -o submission.h5
    """
    from copytrace.pipelines.pack import pack as pack_sets

    report = pack_sets(
        queries, references, output, frozen=frozen, replace=replace, progress=terminal.TerminalProgress()
    )
    terminal.result_json(report_as_json(report)) if as_json else show_report(report)
