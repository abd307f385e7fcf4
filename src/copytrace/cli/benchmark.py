"""`copytrace benchmark`: make a copy-detection benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def benchmark(
    photos: Annotated[
        str,
        typer.Argument(metavar="PHOTOS", help="Photographs: folder, list (.txt), tar files or URL."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="New folder for the benchmark.")
    ],
    *,
    queries: Annotated[int, typer.Option("--queries", metavar="N", help="Number of queries.")] = 1000,
    references: Annotated[
        int, typer.Option("--references", metavar="N", help="Number of references.")
    ] = 1000,
    copies: Annotated[
        float,
        typer.Option("--copies", metavar="SHARE", help="Share of queries that are copies of a reference."),
    ] = 0.2,
    train: Annotated[
        int | None,
        typer.Option(
            "--train", metavar="N", help="Limit of training images. Default: as many as references."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Random seed.")] = 0,
    mixes: Annotated[
        str | None,
        typer.Option(
            "--mixes",
            metavar="NAMES",
            help="Mixes of edits: some of light,medium,hard,adversarial. Default: all.",
        ),
    ] = None,
    held_out: Annotated[
        str | None,
        typer.Option(
            "--held-out",
            metavar="NAMES",
            help="Edits or families to leave out of training images; [b]none[/] uses all. "
            "Default: shuffle,stripes,meme,perspective,pixelate.",
        ),
    ] = None,
    side: Annotated[int, typer.Option("--side", metavar="PIXELS", help="Longest side of the images.")] = 512,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", metavar="RECIPE.jsonl", help="Make the benchmark of this recipe again."),
    ] = None,
    workers: options.WorkersOption = None,
    engine: options.EngineOption = "local",
    address: options.AddressOption = None,
    slots: options.SlotsOption = None,
    ship: options.ShipOption = False,
    failures: options.FailuresOption = None,
    replace: options.ReplaceFailuresOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Make a benchmark from your own photographs. Resumes if interrupted.

    Writes references, edited queries, training images, the ground truth, and the recipe of every edit.

    Examples:
        copytrace benchmark photos/ -o benchmark
        copytrace benchmark photos/ -o bench --queries 500 --references 2000
    """
    from copytrace.edits import HELD_OUT
    from copytrace.pipelines.build_benchmark import MIX_NAMES, build_benchmark, rebuild_benchmark

    check_failures_file(failures, replace=replace, inputs=[photos, replay])
    chosen = options.engine_of(engine, workers=workers, address=address, slots=slots, ship=ship)
    progress = terminal.TerminalProgress()
    if replay is not None:
        built = rebuild_benchmark(photos, replay, output, engine=chosen, progress=progress)
    else:
        kept_back = () if held_out == "none" else HELD_OUT if held_out is None else _names(held_out)
        built = build_benchmark(
            photos,
            output,
            queries=queries,
            references=references,
            copies=copies,
            train=train,
            seed=seed,
            mixes=MIX_NAMES if mixes is None else _names(mixes),
            held_out=kept_back,
            longest_side=side,
            engine=chosen,
            progress=progress,
        )
    if as_json:
        terminal.result_json(
            built.__dict__
            | {
                "folder": str(built.folder),
                "failures": [failure.__dict__ for failure in built.failures],
                "seconds": round(built.seconds, 3),
            }
        )
    else:
        terminal.result(
            f"{built.folder}: {built.references:,} references; {built.queries:,} queries ({built.copies:,} copies, "
            f"{built.hard:,} look-alikes); {built.train:,} training images"
        )
        terminal.say(f"next: copytrace find {output}/queries {output}/references -o matches.csv")
        terminal.say(
            f"      copytrace score matches.csv --truth {output}/truth.csv --breakdown {output}/recipe.jsonl"
        )
    tell_failures(built.failures, failures, fatal=False)
