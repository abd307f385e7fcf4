"""`copytrace train-inset`: the network that finds the part of a picture which is the picture proper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import terminal
from copytrace.cli.train import (
    SIDE,
    CacheOption,
    DeviceOption,
    SideOption,
    ThreadsOption,
    WorkersOption,
    starting_weights,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.progress import Bar
    from copytrace.training.inset import InsetReport


def train_inset(
    photos: Annotated[
        str,
        typer.Argument(metavar="PHOTOS", help="Photographs: a folder, a list (.txt), tar files, or a URL."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="For the checkpoint, and for inset.onnx.")
    ],
    *,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="FILE",
            help="An inset.onnx to start from; [b]none[/] for random weights. By default the shipped one.",
        ),
    ] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="How long to learn.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="How many steps to learn.")] = None,
    round_steps: Annotated[int, typer.Option("--round", min=1, help="Steps between two checkpoints.")] = 100,
    workers: WorkersOption = 1,
    threads: ThreadsOption = None,
    device: DeviceOption = "auto",
    side: SideOption = SIDE,
    cache: CacheOption = None,
    drawn: Annotated[
        int, typer.Option("--drawn", min=0, help="Pictures to draw and to learn from, too.")
    ] = 0,
    as_json: terminal.Json = False,
) -> None:
    """Train the network that finds a picture inside another. Interrupted, it goes on from its last checkpoint."""
    from copytrace.training import require_torch

    require_torch()
    import yaml

    from copytrace.descriptors.inset import INSET_FILE
    from copytrace.descriptors.onnx import file_digest
    from copytrace.files import whole_file
    from copytrace.training.companion import card_fields, inset_of
    from copytrace.training.inset import begin_inset, judge_inset
    from copytrace.training.inset import train_inset as learn
    from copytrace.training.inset_network import onnx_bytes
    from copytrace.training.photos import open_photos
    from copytrace.training.run import Budget, pick_device

    where = pick_device(device, threads)
    progress = terminal.TerminalProgress()
    output.mkdir(parents=True, exist_ok=True)
    opened = open_photos(photos, cache or output / "photos", side, progress, drawn=drawn)
    learner = begin_inset(output, opened, starting_weights(init, INSET_FILE), where)
    if learner.step:
        terminal.say(f"going on from step {learner.step:,} of {output}")
    budget = Budget(steps=steps, minutes=minutes or (None if steps else 5.0))
    with progress.task("learn", steps, "steps") as bar:
        bar.advance(learner.step, earlier=True)
        learn(learner, opened, output, budget, workers=workers, round_steps=round_steps, tell=_told(bar))
    figures = judge_inset(learner.average, opened)
    file = output / INSET_FILE
    with whole_file(file) as path:
        path.write_bytes(onnx_bytes(learner.average, {"name": "inset"}))
    digest = file_digest(file)
    if as_json:
        terminal.result_json({"file": str(file), "sha256": digest} | figures._asdict())
        return
    terminal.result(f"found        {figures.found:.1%}  of the pictures inside others, overlap at least 0.7")
    terminal.result(f"left whole   {figures.left_whole:.1%}  of the other pictures")
    terminal.result(
        f"{file}: written. A model of `copytrace train --inset {file}` has it; or lay it beside a"
    )
    terminal.result("model.onnx that describes pictures of 128 px, and say in its card.yaml:")
    lines = yaml.safe_dump(card_fields(inset_of(digest)), default_flow_style=None, sort_keys=False, width=200)
    terminal.result(lines.strip())


def _told(bar: Bar) -> Callable[[InsetReport], None]:
    """What moves the bar."""

    def tell(report: InsetReport) -> None:
        bar.advance()
        bar.show(f"{report.share:.0%}, loss {report.loss:.2f}, {report.rate:.0f} pictures/s")

    return tell
