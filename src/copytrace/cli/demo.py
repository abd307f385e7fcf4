"""`copytrace demo`: a small challenge on real photographs, in about two minutes."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.tables import Cell, Column, Row, show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.pipelines.demo import Played, Verified
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
    first = played[0]
    terminal.result(f"{first.score.queries:,} queries, {first.score.true_pairs:,} of them copies")
    terminal.result(f"Made from {first.pictures}")
    headings = ("micro-AP", "95% interval", "recall@P90", "recall@1")
    rows: list[Row] = []
    for one in played:
        rows.append((Cell(one.model), Cell("descriptor"), *_cells(one.score)))
        if one.verified is not None:
            rows.append((Cell(""), Cell("matching"), *_cells(one.verified.score)))
    show_table(["model", "track", *(Column(heading, right=True) for heading in headings)], rows)
    for one in played:
        if one.verified is not None:
            terminal.result(_findings(one, one.verified))


def _cells(score: Score) -> Row:
    low, high = score.interval or (0.0, 0.0)
    return (
        Cell(f"{score.micro_ap:.3f}", "bold"),
        Cell(f"{low:.3f} - {high:.3f}"),
        Cell(f"{score.recall_at_p90:.3f}"),
        Cell(f"{score.recall_at_1:.3f}"),
    )


def _findings(one: Played, verified: Verified) -> str:
    """The results, where to see them, and what to try next."""
    queries, references = one.challenge / "queries", one.challenge / "references"
    best, wrong = verified.best, verified.likely - verified.right
    pair = shlex.join(
        [f"{queries / best.query_id}.jpg", f"{references / best.reference_id}.jpg", "--picture", "match.png"]
    )
    matches = "match" if wrong == 1 else "matches"
    return "\n".join(
        (
            "",
            f"Found {verified.right:,} of {one.score.true_pairs:,} copies, with {wrong:,} false {matches}.",
            f"See them: {verified.report.resolve().as_uri()}",
            "",
            "Try next:",
            f"  copytrace compare {pair}",
            f"  copytrace find PHOTO.jpg {shlex.quote(str(references))}  # with a photograph of your own",
            "  copytrace duplicates FOLDER  # finds copies within a folder of your own",
        )
    )
