"""`copytrace score`: score a submission."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from copytrace.cli import options, terminal
from copytrace.cli.breakdown import breakdown_as_json, show_breakdown
from copytrace.cli.tables import Cell, Column, show_table
from copytrace.errors import InputError

if TYPE_CHECKING:
    from copytrace.engines import Engine
    from copytrace.progress import Progress
    from copytrace.records import Score


class _Shared(TypedDict):
    """Arguments of a score, with or without a breakdown."""

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
        typer.Option("--truth", metavar="TRUTH.csv", help="Ground truth: rows of query_id,reference_id."),
    ],
    frozen: Annotated[
        Path | None,
        typer.Option(
            "--frozen",
            metavar="FILE.h5",
            help="Frozen references, for a submission that holds queries only.",
        ),
    ] = None,
    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap",
            metavar="N",
            min=0,
            help="Bootstrap replicates for the confidence interval; 0 for none.",
        ),
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
            help="Also score each kind of edit, using the recipe of `copytrace benchmark`.",
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
    """Score a submission to either track as the challenge does.

    Examples:
        copytrace score matches.csv --truth truth.csv
        copytrace score submission.h5 --truth truth.csv --breakdown recipe.jsonl
    """
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
        raise InputError("--breakdown-plot needs a recipe. Add --breakdown RECIPE.jsonl")
    if as_json:
        broken_down = {} if groups is None else {"breakdown": breakdown_as_json(groups)}
        terminal.result_json(asdict(found) | broken_down)
    else:
        _show(found)
        if groups is not None:
            terminal.result("")
            show_breakdown(groups)
    for path, what in ((plot, "precision-recall curve"), (breakdown_plot, "breakdown")):
        if path is not None:
            terminal.say(f"{what}: {path}")


def _show(score: Score) -> None:
    interval = "95% interval {:.4f} to {:.4f}".format(*score.interval) if score.interval else ""
    if score.threshold_at_p90 is None:
        threshold = "no rank reaches this precision"
    else:
        threshold = f"score >= {score.threshold_at_p90:.6g}"
    rows = (
        ("micro-AP", f"{score.micro_ap:.4f}", interval),
        ("recall at precision 90%", f"{score.recall_at_p90:.4f}", threshold),
        ("recall@1", f"{score.recall_at_1:.4f}", "true pairs ranked first for their query"),
        ("recall@10", f"{score.recall_at_10:.4f}", "true pairs in the top 10 for their query"),
        ("queries", f"{score.queries:,}", ""),
        ("true pairs", f"{score.true_pairs:,}", ""),
        ("predictions", f"{score.predictions:,}", "rows whose query is in the ground truth"),
    )
    show_table(
        [Column(""), Column("", right=True), Column("", prose=True)],
        [(Cell(name, "bold"), Cell(value), Cell(about, "dim")) for name, value, about in rows],
    )
