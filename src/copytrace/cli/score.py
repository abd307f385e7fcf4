"""`copytrace score`: what a submission is worth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from copytrace.cli import options, terminal
from copytrace.cli.breakdown import breakdown_as_json, breakdown_table
from copytrace.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from copytrace.engines import Engine
    from copytrace.progress import Progress
    from copytrace.records import Score


class _Shared(TypedDict):
    """What a score takes with a breakdown and without."""

    frozen: Path | None
    bootstrap: int
    plot: Path | None
    replace: bool
    engine: Engine
    threads: int | None
    memory: int | None
    progress: Progress


def score(
    submission: Annotated[
        Path, typer.Argument(metavar="SUBMISSION", help="Matches (CSV) or descriptors (HDF5).")
    ],
    *,
    truth: Annotated[
        Path,
        typer.Option("--truth", metavar="TRUTH.csv", help="The true pairs; query_id,reference_id a row."),
    ],
    frozen: Annotated[
        Path | None,
        typer.Option(
            "--frozen",
            metavar="FILE.h5",
            help="The frozen references of a submission that holds queries only.",
        ),
    ] = None,
    bootstrap: Annotated[
        int,
        typer.Option("--bootstrap", metavar="N", min=0, help="Replicates for the interval; 0: no interval."),
    ] = 1000,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the precision-recall curve (.svg or .png)."),
    ] = None,
    breakdown: Annotated[
        Path | None,
        typer.Option(
            "--breakdown",
            metavar="RECIPE.jsonl",
            help="Score each kind of copy apart, by what was done to the queries; "
            "[b]copytrace benchmark[/] writes such a recipe.",
        ),
    ] = None,
    breakdown_plot: Annotated[
        Path | None,
        typer.Option("--breakdown-plot", metavar="FILE", help="Draw the breakdown (.svg or .png)."),
    ] = None,
    replace: options.ReplaceOption = False,
    engine: options.EngineOption = "local",
    address: options.AddressOption = None,
    slots: options.SlotsOption = None,
    ship: options.ShipOption = False,
    threads: options.ThreadsOption = None,
    memory: options.MemoryOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Score a submission of either track as the challenge does."""
    from copytrace.pipelines.score_submission import score as score_submission
    from copytrace.pipelines.score_submission import score_by_recipe

    shared = _Shared(
        engine=options.engine_of(engine, address=address, slots=slots, ship=ship),
        frozen=frozen,
        bootstrap=bootstrap,
        plot=plot,
        replace=replace,
        threads=threads,
        memory=memory,
        progress=terminal.TerminalProgress(),
    )
    if breakdown is not None:
        found, groups = score_by_recipe(submission, truth, breakdown, breakdown_plot=breakdown_plot, **shared)
    elif breakdown_plot is None:
        found, groups = score_submission(submission, truth, **shared), None
    else:
        raise InputError(
            f"score: {breakdown_plot} is to show a breakdown; give the recipe too: --breakdown RECIPE.jsonl"
        )
    if as_json:
        broken_down = {} if groups is None else {"breakdown": breakdown_as_json(groups)}
        terminal.result_json(asdict(found) | broken_down)
    else:
        terminal.result(_table(found))
        if groups is not None:
            terminal.result("")
            terminal.result(breakdown_table(groups))
    for path, what in ((plot, "precision-recall curve"), (breakdown_plot, "breakdown")):
        if path is not None:
            terminal.say(f"{what}: {path}")


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
