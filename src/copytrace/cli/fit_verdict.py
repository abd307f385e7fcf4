"""`copytrace fit-verdict`: the probability that a pair is a copy, fitted to a descriptor's candidates."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import options, terminal

if TYPE_CHECKING:
    from copytrace.pipelines.fit_verdict import FittedVerdict


def fit_verdict(
    benchmarks: Annotated[
        list[Path],
        typer.Argument(
            metavar="BENCHMARK...",
            help="Folders with queries, references and truth.csv, as copytrace benchmark makes them.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="CARD.json", help="The card to write: find --card CARD.json."),
    ],
    *,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    pages: Annotated[
        int, typer.Option("--pages", min=0, help="Templates of look-alike pages to draw; 0 draws none.")
    ] = 160,
    unknown: Annotated[
        Path | None,
        typer.Option(
            "--unknown",
            metavar="PAIRS.csv",
            help="Pairs to leave out, because nobody knows whether they are copies.",
        ),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="FILE.npz",
            help="Keep what the searches find in this file; if it exists, fit to it without a search.",
        ),
    ] = None,
    workers: options.WorkersOption = None,
    threads: options.ThreadsOption = None,
    memory: options.MemoryOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Fit the probability that a pair is a copy to a model's candidates, and show how well it holds."""
    from copytrace.pipelines.fit_verdict import fit_verdict as fit

    fitted = fit(
        benchmarks,
        output,
        model=model,
        quality=quality,
        background=background,
        pages=pages,
        unknown=unknown,
        evidence=evidence,
        workers=workers,
        threads=threads,
        memory=memory,
        replace=replace,
        progress=terminal.TerminalProgress(),
    )
    if as_json:
        bins = [each._asdict() for each in fitted.reliability]
        terminal.result_json(asdict(fitted) | {"output": str(output), "reliability": bins})
    else:
        _show(fitted)


def _show(fitted: FittedVerdict) -> None:
    from rich.table import Table

    table = Table("probability", "pairs", "mean", "are copies", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for each in fitted.reliability:
        range_ = f"{each.low:g} to {each.high:g}"
        table.add_row(range_, f"{each.pairs:,}", f"{each.mean:.3f}", f"{each.copies:.3f}")
    terminal.result(table)
    terminal.say(
        f"{fitted.pairs:,} pairs, {fitted.copies:,} of them copies; Brier score {fitted.brier:.4f}. "
        "Each probability is from a fit to pairs of other queries."
    )
    terminal.say(f"the card: {fitted.output}")
