"""`copytrace train-inset`: train the network that finds an image inside another one."""

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
        typer.Argument(metavar="PHOTOS", help="Photographs: folder, list (.txt), tar files or URL."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the checkpoint and inset.onnx.")
    ],
    *,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="FILE",
            help="Initial weights (inset.onnx); [b]none[/] for random ones. Default: the shipped ones.",
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", metavar="N", min=0.01, help="Training time.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", min=1, help="Training steps.")] = None,
    round_steps: Annotated[
        int, typer.Option("--round", metavar="N", min=1, help="Steps between checkpoints.")
    ] = 100,
    workers: WorkersOption = 1,
    threads: ThreadsOption = None,
    device: DeviceOption = "auto",
    side: SideOption = SIDE,
    cache: CacheOption = None,
    drawn: Annotated[
        int, typer.Option("--drawn", metavar="N", min=0, help="Drawn images to add to the photographs.")
    ] = 0,
    as_json: terminal.Json = False,
) -> None:
    """Train the network that finds an image inside another one. Resumes if interrupted.

    Examples:
        copytrace train-inset photos/ -o inset --minutes 60
        copytrace train photos/ -o training --inset inset/inset.onnx
    """
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
        terminal.say(f"Resuming {output} at step {learner.step:,}")
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
    terminal.result(f"found        {figures.found:.1%}  of images inside others (overlap at least 0.7)")
    terminal.result(f"left whole   {figures.left_whole:.1%}  of other images")
    terminal.result(
        f"{file}: written. Use it with `copytrace train --inset {file}`; or put it beside a model.onnx"
    )
    terminal.result("for images of 128 px, and add to its card.yaml:")
    lines = yaml.safe_dump(card_fields(inset_of(digest)), default_flow_style=None, sort_keys=False, width=200)
    terminal.result(lines.strip())


def _told(bar: Bar) -> Callable[[InsetReport], None]:
    """A function that updates the bar."""

    def tell(report: InsetReport) -> None:
        bar.advance()
        bar.show(f"{report.share:.0%}, loss {report.loss:.2f}, {report.rate:.0f} images/s")

    return tell
