"""`copytrace train-inset`: train the network that finds an image inside another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import terminal
from copytrace.cli.train import CacheOption, DeviceOption, SideOption, ThreadsOption, WorkersOption
from copytrace.pipelines.train import SIDE

if TYPE_CHECKING:
    from copytrace.pipelines.train_inset import TrainedInset


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
        float | None,
        typer.Option(
            "--minutes", metavar="N", min=0.01, help="Training time. Default: 5, unless --steps is given."
        ),
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
        copytrace train-inset photos/ -o inset --device cuda --drawn 500
    """
    from copytrace.pipelines.train_inset import train_inset as run

    trained = run(
        photos,
        output,
        init=init,
        minutes=minutes,
        steps=steps,
        round_steps=round_steps,
        workers=workers,
        threads=threads,
        device=device,
        side=side,
        cache=cache,
        drawn=drawn,
        progress=terminal.TerminalProgress(),
    )
    if as_json:
        terminal.result_json(
            {"file": str(trained.file), "sha256": trained.sha256} | trained.figures._asdict()
        )
    else:
        _show(trained)


def _show(trained: TrainedInset) -> None:
    import yaml

    from copytrace.training.companion import card_fields, inset_of

    figures, file = trained.figures, trained.file
    terminal.result(f"found        {figures.found:.1%}  of images inside others (overlap at least 0.7)")
    terminal.result(f"left whole   {figures.left_whole:.1%}  of other images")
    terminal.result(
        f"{file}: written. Use it with `copytrace train --inset {file}`; or put it beside a model.onnx"
    )
    terminal.result("for images of 128 px, and add to its card.yaml:")
    fields = card_fields(inset_of(trained.sha256))
    terminal.result(yaml.safe_dump(fields, default_flow_style=None, sort_keys=False, width=200).strip())
