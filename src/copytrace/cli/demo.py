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
        "score": asdict(one.score),
        "images_per_second": round(one.images_per_second, 1),
        "matches": str(one.matches),
        "submission": str(one.submission),
        "report": str(one.report),
    }


def _show(played: Sequence[Played]) -> None:
    from rich.table import Table

    first = played[0].score
    table = Table(
        title=f"The demo challenge: {first.queries:,} queries, {first.true_pairs:,} of them copies",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for column in ("model", "micro-AP", "95% interval", "recall@P90", "recall@1", "recall@10", "images/s"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for one in played:
        low, high = one.score.interval or (0.0, 0.0)
        table.add_row(
            one.model,
            f"[bold]{one.score.micro_ap:.3f}[/]",
            f"{low:.3f} - {high:.3f}",
            f"{one.score.recall_at_p90:.3f}",
            f"{one.score.recall_at_1:.3f}",
            f"{one.score.recall_at_10:.3f}",
            f"{one.images_per_second:,.0f}",
        )
    terminal.result(table)
