"""`copytrace train`: train a descriptor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from copytrace.cli import terminal
from copytrace.cli.tables import Column, show_table
from copytrace.pipelines.train import SIDE

if TYPE_CHECKING:
    from rich.table import Table

    from copytrace.pipelines.train import Trained
    from copytrace.training.run import TrainingReport

WorkersOption = Annotated[
    int, typer.Option("--workers", metavar="N", min=0, help="Processes that edit photographs.")
]
ThreadsOption = Annotated[int | None, typer.Option("--threads", metavar="N", min=1, help="Training threads.")]
DeviceOption = Annotated[str, typer.Option("--device", metavar="cpu|cuda|auto", help="Where to train.")]
SideOption = Annotated[
    int, typer.Option("--side", metavar="PIXELS", min=64, help="Longest side of stored photographs.")
]
CacheOption = Annotated[
    Path | None,
    typer.Option("--cache", metavar="DIR", help="Folder for decoded photographs. Default: DIR/photos."),
]


def train(
    photos: Annotated[
        str,
        typer.Argument(metavar="PHOTOS", help="Photographs: folder, list (.txt), tar files or URL."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder for checkpoints, the log, and the model (DIR/model).",
        ),
    ],
    *,
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe", metavar="NAME|FILE", help="small, imagenet, lite0, scratch, or a YAML file."
        ),
    ] = "small",
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="FILE",
            help="Initial weights: model.onnx, or .npz in network order; [b]none[/] for random ones. "
            "Default: the shipped model, if the recipe has its network.",
        ),
    ] = None,
    inset: Annotated[
        str | None,
        typer.Option(
            "--inset",
            metavar="FILE",
            help="Inset network, from `copytrace train-inset`; [b]none[/] describes the whole image. "
            "Default: the shipped one, if the model takes images of 128 px.",
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher",
            metavar="MODEL",
            help="Model to distil from, if its licence allows it.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes", metavar="N", min=0.01, help="Training time. Default: 5, unless --steps is given."
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", min=1, help="Training steps; reproducible.")
    ] = None,
    export_only: Annotated[
        bool, typer.Option("--export-only", help="Export the model of the last checkpoint without training.")
    ] = False,
    round_steps: Annotated[
        int,
        typer.Option(
            "--round",
            min=1,
            metavar="N",
            help="Steps between validations, each with a checkpoint; at most 20 minutes apart.",
        ),
    ] = 100,
    workers: WorkersOption = 1,
    threads: ThreadsOption = None,
    device: DeviceOption = "auto",
    side: SideOption = SIDE,
    cache: CacheOption = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the model.")] = "mine",
    licence: Annotated[
        str, typer.Option("--licence", metavar="TEXT", help="Licence of the model.")
    ] = "not stated",
    as_json: terminal.Json = False,
) -> None:
    """Train a descriptor on your own photographs. Resumes if interrupted.

    Examples:
        copytrace train photos/ -o training --minutes 60
        copytrace train photos/ -o training --recipe imagenet --device cuda
    """
    from copytrace.pipelines.train import train as run

    with _Board() as board:
        trained = run(
            photos,
            output,
            recipe=recipe,
            init=init,
            inset=inset,
            teacher=teacher,
            minutes=minutes,
            steps=steps,
            export_only=export_only,
            round_steps=round_steps,
            workers=workers,
            threads=threads,
            device=device,
            side=side,
            cache=cache,
            name=name,
            licence=licence,
            tell=board.tell,
            progress=terminal.TerminalProgress(),
        )
    _show(trained, as_json=as_json)


class _Board:
    """The live table of a run. It is shown only while the network learns: other work has bars in its place."""

    def __init__(self) -> None:
        from rich.live import Live

        self._live = Live(console=terminal.talk(), auto_refresh=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def tell(self, report: TrainingReport) -> None:
        """Show the progress of the run."""
        self._live.start()
        self._live.update(_table(report), refresh=True)
        if report.share >= 1:
            self._end()

    def _end(self) -> None:
        if not self._live.is_started:
            return
        self._live.stop()
        if not terminal.talk().is_interactive:
            # Outside a terminal, the table is printed once, without a line break at its end.
            terminal.talk().line()


def _table(report: TrainingReport) -> Table:
    from rich.table import Table

    left = "" if not report.share else _clock(report.seconds / report.share - report.seconds)
    table = Table(
        "step", "done", "left", "loss", "recognised", "images/s", "side", "micro-AP", "recall@P90", box=None
    )
    table.add_row(
        f"{report.step:,}",
        f"{report.share:.0%}",
        left,
        f"{report.loss:.3f}",
        f"{report.right:.0%}",
        f"{report.rate:.0f}",
        str(report.side),
        "-" if report.figures is None else f"{report.figures.micro_ap:.3f}",
        "-" if report.figures is None else f"{report.figures.recall_at_p90:.3f}",
    )
    return table


def _clock(seconds: float) -> str:
    """Minutes and seconds, as in 3:07."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _show(trained: Trained, *, as_json: bool) -> None:
    if as_json:
        figures = {name: judged.figures._asdict() for name, judged in trained.qualities.items()}
        terminal.result_json({"model": str(trained.model)} | figures)
        return
    headings = ("micro-AP", "recall@P90", "recall@1", "without normalisation")
    show_table(
        ["quality", *(Column(heading, right=True) for heading in headings)],
        [
            (name, *(f"{value:.3f}" for value in (*judged.figures, judged.raw.micro_ap)))
            for name, judged in trained.qualities.items()
        ],
    )
    folder = trained.model
    terminal.result(f"{folder}: model written. Use it: copytrace describe IMAGES -o SET.h5 --model {folder}")
    terminal.say("Measured on photographs held out from training; other benchmarks will differ.")
