"""`copytrace train`: train a descriptor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from copytrace.cli import terminal
from copytrace.cli.tables import Column, show_table

if TYPE_CHECKING:
    from rich.table import Table

    from copytrace.training.calibrate import Calibrated
    from copytrace.training.companion import Companion
    from copytrace.training.recipe import TrainingRecipe
    from copytrace.training.run import Budget, TrainingReport

SIDE = 208
"""Longest side of the photographs used to train the shipped model."""

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

SHIPPED, SHIPPED_NETWORK = "copytrace", "mobilenet_v2"


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
        float | None, typer.Option("--minutes", metavar="N", min=0.01, help="Training time.")
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
    from copytrace.training import require_torch

    require_torch()
    from copytrace.descriptors.onnx import MODEL_FILE
    from copytrace.training.export import Naming, export
    from copytrace.training.photos import open_photos
    from copytrace.training.recipe import read_recipe
    from copytrace.training.run import Budget, begin, pick_device
    from copytrace.training.run import train as learn
    from copytrace.training.teacher import load_teacher, teacher_vectors

    chosen = read_recipe(recipe)
    companion = _companion(inset, chosen)
    where = pick_device(device, threads)
    taught_by = None if teacher is None else load_teacher(teacher)
    progress = terminal.TerminalProgress()
    output.mkdir(parents=True, exist_ok=True)
    opened = open_photos(photos, cache or output / "photos", side, progress, drawn=chosen.drawn)
    if init is None and chosen.network != SHIPPED_NETWORK:
        init = "none"
    learner = begin(chosen, opened, output, starting_weights(init, MODEL_FILE), where)
    if taught_by is not None:
        learner.taught = teacher_vectors(taught_by, opened, progress)
    if learner.step:
        terminal.say(f"Resuming {output} at step {learner.step:,}")
    if not export_only:
        budget = Budget(steps=steps, minutes=minutes or (None if steps else 5.0))
        with _Board(budget) as board:
            learn(learner, opened, output, budget, workers=workers, round_steps=round_steps, tell=board.tell)
    origin = f"Trained by copytrace on {len(opened):,} photographs, starting from {_beginning(init)}"
    if taught_by is not None:
        origin += f", with {taught_by.card.name} as its teacher ({taught_by.card.licence})"
    naming = Naming(name, licence, origin)
    calibrated = export(learner, opened, output / "model", naming, companion=companion, progress=progress)
    _show(calibrated, output / "model", as_json=as_json)


def starting_weights(init: str | None, shipped: str) -> Any:  # noqa: ANN401 - torch's tensors are not imported here
    """The weights for --init: None for random ones; those of the shipped file by default."""
    from copytrace.training.start import read_weights

    file = _named(init, shipped)
    return None if file is None else read_weights(file)


def _companion(inset: str | None, recipe: TrainingRecipe) -> Companion | None:
    """The inset network for a model of this recipe."""
    from copytrace.descriptors.inset import INSET_FILE
    from copytrace.training.companion import check_companion, fits, open_companion
    from copytrace.training.export import described_sides

    file, sides = _named(inset, INSET_FILE), described_sides(recipe)
    if file is None or (inset is None and not fits(sides)):
        return None
    companion = open_companion(file)
    check_companion(companion, sides)
    return companion


def _named(option: str | None, shipped: str) -> Path | None:
    """The file named by an option: None for `none`; the shipped one by default."""
    from copytrace.descriptors.registry import network_folder

    if option == "none":
        return None
    if option is not None:
        return Path(option)
    folder = network_folder(SHIPPED)
    return None if folder is None else folder / shipped


def _beginning(init: str | None) -> str:
    """The initial weights, in words."""
    if init is None:
        return "the shipped model"
    return "random weights" if init == "none" else Path(init).name


class _Board:
    """The live table of a run."""

    def __init__(self, budget: Budget) -> None:
        from rich.live import Live

        self._budget = budget
        self._live = Live(console=terminal.talk(), auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        if not terminal.talk().is_interactive:
            # Outside a terminal, the table is printed once, without a line break at its end.
            terminal.talk().line()

    def tell(self, report: TrainingReport) -> None:
        """Show the progress of the run."""
        self._live.update(_table(report), refresh=True)


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


def _show(calibrated: Calibrated, folder: Path, *, as_json: bool) -> None:
    if as_json:
        terminal.result_json(
            {"model": str(folder)}
            | {name: judged.figures._asdict() for name, judged in calibrated.qualities.items()}
        )
        return
    headings = ("micro-AP", "recall@P90", "recall@1", "without normalisation")
    show_table(
        ["quality", *(Column(heading, right=True) for heading in headings)],
        [
            (name, *(f"{value:.3f}" for value in (*judged.figures, judged.raw.micro_ap)))
            for name, judged in calibrated.qualities.items()
        ],
    )
    terminal.result(f"{folder}: model written. Use it: copytrace describe IMAGES -o SET.h5 --model {folder}")
    terminal.say("Measured on photographs held out from training; other benchmarks will differ.")
