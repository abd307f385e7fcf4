"""Trains a descriptor on photographs and writes it as a model folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copytrace.progress import SILENT, Progress
from copytrace.training import require_torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.training.calibrate import JudgedQuality
    from copytrace.training.companion import Companion
    from copytrace.training.recipe import TrainingRecipe
    from copytrace.training.run import TrainingReport

SIDE = 208
"""Longest side of the photographs used to train the shipped model."""
MINUTES = 5.0
"""Training time by default."""
SHIPPED, SHIPPED_NETWORK = "copytrace", "efficientnet_lite0"


@dataclass(frozen=True)
class Trained:
    """A trained model.

    Attributes:
        model: its folder, for `--model`.
        steps: number of completed steps.
        qualities: results of each quality on photographs held out from training.
    """

    model: Path
    steps: int
    qualities: dict[str, JudgedQuality]


def train(
    photos: Path | str,
    output: Path | str,
    *,
    recipe: str = "small",
    init: str | None = None,
    inset: str | None = None,
    teacher: str | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    export_only: bool = False,
    round_steps: int = 100,
    workers: int = 1,
    threads: int | None = None,
    device: str = "auto",
    side: int = SIDE,
    cache: Path | str | None = None,
    name: str = "mine",
    licence: str = "not stated",
    tell: Callable[[TrainingReport], None] = lambda _report: None,
    progress: Progress = SILENT,
) -> Trained:
    """Train a descriptor; resumes if interrupted.

    Args:
        photos: photographs: a folder, list, tar files or URL.
        output: folder for checkpoints, the log, and the model (`output/model`).
        recipe: small, imagenet, lite0, scratch, or a YAML file.
        init: file of initial weights; `none` for random ones; by default the shipped model's, if it fits the recipe.
        inset: inset network; `none` describes the whole image; by default the shipped one, if it fits the model.
        teacher: model to distil from, if its licence allows it.
        minutes: training time; 5 minutes if `steps` is not given either.
        steps: number of steps, for a reproducible run.
        export_only: export the model of the last checkpoint without training.
        round_steps: steps between validations, each with a checkpoint.
        workers: processes that edit photographs.
        threads: training threads; by default torch chooses.
        device: cpu, cuda or auto.
        side: longest side of stored photographs in pixels.
        cache: folder for decoded photographs; by default `output/photos`.
        name: name of the model.
        licence: licence of the model.
        tell: called with the state of the run every few steps and after every validation.
        progress: reports the other work.

    Raises:
        MissingDependencyError: torch or onnx is not installed.
        InputError: there are too few photographs, or an option is invalid.
    """
    require_torch()
    from copytrace.descriptors.onnx import MODEL_FILE
    from copytrace.training.export import Naming, export
    from copytrace.training.photos import open_photos
    from copytrace.training.recipe import read_recipe
    from copytrace.training.run import Budget, begin, pick_device
    from copytrace.training.run import train as learn
    from copytrace.training.teacher import load_teacher, teacher_vectors

    folder = Path(output)
    chosen = read_recipe(recipe)
    companion = _companion(inset, chosen)
    where = pick_device(device, threads)
    taught_by = None if teacher is None else load_teacher(teacher)
    folder.mkdir(parents=True, exist_ok=True)
    opened = open_photos(str(photos), Path(cache or folder / "photos"), side, progress, drawn=chosen.drawn)
    if init is None and chosen.network != SHIPPED_NETWORK:
        init = "none"
    learner = begin(chosen, opened, folder, starting_weights(init, MODEL_FILE), where)
    if taught_by is not None:
        learner.taught = teacher_vectors(taught_by, opened, progress)
    if learner.step:
        progress.note(f"Resuming {folder} at step {learner.step:,}")
    if not export_only:
        budget = Budget(steps=steps, minutes=minutes or (None if steps else MINUTES))
        learn(learner, opened, folder, budget, workers=workers, round_steps=round_steps, tell=tell)
    origin = f"Trained by copytrace on {len(opened):,} photographs, starting from {_beginning(init)}"
    if taught_by is not None:
        origin += f", with {taught_by.card.name} as its teacher ({taught_by.card.licence})"
    naming = Naming(name, licence, origin)
    calibrated = export(learner, opened, folder / "model", naming, companion=companion, progress=progress)
    return Trained(folder / "model", learner.step, calibrated.qualities)


def starting_weights(init: str | None, shipped: str) -> Any:  # noqa: ANN401 - torch's tensors are not imported here
    """The initial weights: None for random ones; those of the shipped file by default."""
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
