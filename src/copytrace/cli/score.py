"""`copytrace score`: what a submission is worth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import options, terminal

if TYPE_CHECKING:
    from rich.table import Table

    from copytrace.records import Score


def score(
    submission: Annotated[
        Path, typer.Argument(metavar="SUBMISSION", help="Matches (CSV) or descriptors (HDF5).")
    ],
    *,
    truth: Annotated[
        Path,
        typer.Option("--truth", metavar="TRUTH.csv", help="The true pairs; query_id,reference_id a row."),
    ],
    bootstrap: Annotated[
        int,
        typer.Option("--bootstrap", metavar="N", min=0, help="Replicates for the interval; 0: no interval."),
    ] = 1000,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the precision-recall curve (.svg or .png)."),
    ] = None,
    threads: options.ThreadsOption = None,
    memory: options.MemoryOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Score a submission of either track as the challenge does."""
    from copytrace.pipelines.score_submission import score as score_submission

    found = score_submission(
        submission,
        truth,
        bootstrap=bootstrap,
        plot=plot,
        threads=threads,
        memory=memory,
        progress=terminal.TerminalProgress(),
    )
    if as_json:
        terminal.result_json(asdict(found))
    else:
        terminal.result(_table(found))
    if plot is not None:
        terminal.say(f"precision-recall curve: {plot}")


def _table(score: Score) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    interval = "95% interval {:.4f} to {:.4f}".format(*score.interval) if score.interval else ""
    if score.threshold_at_p90 is None:
        threshold = "no rank is that precise"
    else:
        threshold = f"score >= {score.threshold_at_p90:.6g}"
    for row in (
        ("micro-AP", f"{score.micro_ap:.4f}", interval),
        ("recall at precision 90%", f"{score.recall_at_p90:.4f}", threshold),
        ("recall@1", f"{score.recall_at_1:.4f}", "true pairs that are their query's best"),
        ("recall@10", f"{score.recall_at_10:.4f}", "true pairs among their query's ten best"),
        ("queries", f"{score.queries:,}", ""),
        ("true pairs", f"{score.true_pairs:,}", ""),
        ("predictions", f"{score.predictions:,}", "rows whose query is in the truth"),
    ):
        table.add_row(*row)
    return table
