"""`copytrace demo`: the whole job on real photographs, in about a minute."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import options, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.pipelines.demo import Played
    from copytrace.records import Score


def demo(
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Where the demo goes."),
    ] = Path("demo"),
    images: Annotated[
        Path | None,
        typer.Option("--images", metavar="PHOTOS", help="Your own photographs, in place of those that ship."),
    ] = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Make a small challenge from real photographs, and let every descriptor play it."""
    from copytrace.pipelines.demo import run_demo

    played = run_demo(output, images=images, replace=replace, progress=terminal.TerminalProgress())
    if as_json:
        terminal.result_json([_as_json(one) for one in played])
        return
    _show(played)
    terminal.result(f"\nSee the matches: {played[0].report}")


def _as_json(one: Played) -> dict[str, object]:
    return {
        "model": one.model,
        "pictures": one.pictures,
        "score": asdict(one.score),
        "matching": asdict(one.matching),
        "images_per_second": round(one.images_per_second, 1),
        "matches": str(one.matches),
        "submission": str(one.submission),
        "report": str(one.report),
    }


def _show(played: Sequence[Played]) -> None:
    from rich.table import Table

    first = played[0]
    table = Table(
        title=f"The demo challenge: {first.score.queries:,} queries, {first.score.true_pairs:,} of them copies",
        caption=f"Made from {first.pictures}.",
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
    )
    columns = ("model", "track", "micro-AP", "95% interval", "recall@P90", "recall@1", "images/s")
    for column in columns:
        table.add_column(column, justify="left" if column in {"model", "track"} else "right", no_wrap=True)
    for one in played:
        table.add_row(one.model, "descriptor", *_cells(one.score), f"{one.images_per_second:,.0f}")
        table.add_row("", "matching", *_cells(one.matching))
    terminal.result(table)


def _cells(score: Score) -> tuple[str, ...]:
    low, high = score.interval or (0.0, 0.0)
    return (
        f"[bold]{score.micro_ap:.3f}[/]",
        f"{low:.3f} - {high:.3f}",
        f"{score.recall_at_p90:.3f}",
        f"{score.recall_at_1:.3f}",
    )
