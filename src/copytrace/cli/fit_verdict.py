"""`copytrace fit-verdict`: fit the probabilities of a model to benchmarks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.tables import Column, show_table

if TYPE_CHECKING:
    from copytrace.pipelines.fit_verdict import FittedVerdict


def fit_verdict(
    benchmarks: Annotated[
        list[Path],
        typer.Argument(
            metavar="BENCHMARK",
            help="Benchmark folders, from `copytrace benchmark`.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="CARD.json", help="Card to write, for `copytrace find --card`."
        ),
    ],
    *,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    pages: Annotated[
        int,
        typer.Option(
            "--pages", metavar="N", min=0, help="Templates of look-alike pages to draw; 0 for none."
        ),
    ] = 160,
    unknown: Annotated[
        Path | None,
        typer.Option(
            "--unknown",
            metavar="PAIRS.csv",
            help="Pairs to leave out, because it is unknown whether they are copies.",
        ),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="FILE.npz",
            help="Store the search results here; if the file exists, fit without searching.",
        ),
    ] = None,
    workers: options.WorkersOption = None,
    threads: options.ThreadsOption = None,
    memory: options.MemoryOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Fit a model's probabilities to benchmarks.

    Prints how often pairs of each probability are copies.

    Examples:
        copytrace fit-verdict benchmark -o card.json --model my-model
        copytrace fit-verdict benchmark-1 benchmark-2 -o card.json --quality best
    """
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
    columns: list[Column | str] = [
        "probability",
        *(Column(heading, right=True) for heading in ("pairs", "mean", "are copies")),
    ]
    show_table(
        columns,
        [
            (f"{each.low:g} to {each.high:g}", f"{each.pairs:,}", f"{each.mean:.3f}", f"{each.copies:.3f}")
            for each in fitted.reliability
        ],
    )
    terminal.say(
        f"{fitted.pairs:,} pairs, {fitted.copies:,} copies; Brier score {fitted.brier:.4f}, cross-validated by query."
    )
    terminal.say(f"card: {fitted.output}")
