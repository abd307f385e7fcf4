"""`copytrace demo`: the whole job on real photographs, in about two minutes."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import options, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from copytrace.pipelines.demo import Played, Verified
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
    """Make a small challenge from real photographs, and run every descriptor on it."""
    from copytrace.pipelines.demo import run_demo

    played = run_demo(output, images=images, replace=replace, progress=terminal.TerminalProgress())
    if as_json:
        terminal.result_json([_as_json(one) for one in played])
        return
    _show(played)


def _as_json(one: Played) -> dict[str, object]:
    verified = one.verified
    return {
        "model": one.model,
        "pictures": one.pictures,
        "score": asdict(one.score),
        "images_per_second": round(one.images_per_second, 1),
        "submission": str(one.submission),
        "matching": None if verified is None else asdict(verified.score),
        "matches": None if verified is None else str(verified.matches),
        "report": None if verified is None else str(verified.report),
    }


def _show(played: Sequence[Played]) -> None:
    terminal.result(_table(played))
    for one in played:
        if one.verified is not None:
            terminal.result(_findings(one, one.verified))


def _table(played: Sequence[Played]) -> Table:
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
    columns = ("model", "track", "micro-AP", "95% interval", "recall@P90", "recall@1")
    for column in columns:
        table.add_column(column, justify="left" if column in {"model", "track"} else "right", no_wrap=True)
    for one in played:
        table.add_row(one.model, "descriptor", *_cells(one.score))
        if one.verified is not None:
            table.add_row("", "matching", *_cells(one.verified.score))
    return table


def _cells(score: Score) -> tuple[str, ...]:
    low, high = score.interval or (0.0, 0.0)
    return (
        f"[bold]{score.micro_ap:.3f}[/]",
        f"{low:.3f} - {high:.3f}",
        f"{score.recall_at_p90:.3f}",
        f"{score.recall_at_1:.3f}",
    )


def _findings(one: Played, verified: Verified) -> str:
    """What was found, where to look, and what to try next."""
    queries, references = one.challenge / "queries", one.challenge / "references"
    best, wrong = verified.best, verified.likely - verified.right
    pair = shlex.join(
        [f"{queries / best.query_id}.jpg", f"{references / best.reference_id}.jpg", "--picture", "match.png"]
    )
    return "\n".join(
        (
            "",
            f"Found {verified.right:,} of {one.score.true_pairs:,} copies, with {wrong:,} false alarms.",
            f"See them: {verified.report.resolve().as_uri()}",
            "",
            "Try next:",
            f"  copytrace compare {pair}",
            f"  copytrace find PHOTO.jpg {shlex.quote(str(references))}  # with a photograph of your own",
            "  copytrace duplicates FOLDER  # finds copies within a folder of your own",
        )
    )
