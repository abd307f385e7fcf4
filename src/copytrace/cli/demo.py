"""`copytrace demo`: a small challenge on real photographs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.tables import Cell, Column, Row, show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.pipelines.demo import Played
    from copytrace.records import Score


def demo(
    *,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for the demo."),
    ] = Path("demo"),
    images: Annotated[
        Path | None,
        typer.Option(
            "--images", metavar="PHOTOS", help="Your own photographs. Default: those of installed packages."
        ),
    ] = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Make a small challenge from real photographs, and run every descriptor on it.

    Examples:
        copytrace demo
        copytrace demo --images photos/ -o my-demo
    """
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
    first = played[0]
    terminal.result(
        f"{first.score.queries:,} queries, {first.score.true_pairs:,} of them copies; from {first.pictures}"
    )
    headings = ("micro-AP", "95% interval", "recall@P90", "recall@1", "images/s")
    columns: list[Column | str] = ["model", "track", *(Column(heading, right=True) for heading in headings)]
    rows: list[Row] = []
    for one in played:
        speed = Cell(f"{one.images_per_second:,.0f}")
        rows.append((Cell(one.model), Cell("descriptor"), *_cells(one.score), speed))
        rows.append((Cell(""), Cell("matching"), *_cells(one.matching)))
    show_table(columns, rows)


def _cells(score: Score) -> Row:
    low, high = score.interval or (0.0, 0.0)
    return (
        Cell(f"{score.micro_ap:.3f}", "bold"),
        Cell(f"{low:.3f} - {high:.3f}"),
        Cell(f"{score.recall_at_p90:.3f}"),
        Cell(f"{score.recall_at_1:.3f}"),
    )
