"""Trains the network that finds an image inside another one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.pipelines.train import MINUTES, SIDE, starting_weights
from copytrace.progress import SILENT, Progress
from copytrace.training import require_torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.progress import Bar
    from copytrace.training.inset import InsetFigures, InsetReport


@dataclass(frozen=True)
class TrainedInset:
    """A trained inset network.

    Attributes:
        file: its ONNX file.
        sha256: digest of the file.
        figures: results on photographs held out from training.
    """

    file: Path
    sha256: str
    figures: InsetFigures


def train_inset(
    photos: Path | str,
    output: Path | str,
    *,
    init: str | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    round_steps: int = 100,
    workers: int = 1,
    threads: int | None = None,
    device: str = "auto",
    side: int = SIDE,
    cache: Path | str | None = None,
    drawn: int = 0,
    progress: Progress = SILENT,
) -> TrainedInset:
    """Train the network that finds an image inside another one; resumes if interrupted.

    Args:
        photos: photographs: a folder, list, tar files or URL.
        output: folder for the checkpoint and `inset.onnx`.
        init: file of initial weights; `none` for random ones; by default the shipped ones.
        minutes: training time; 5 minutes if `steps` is not given either.
        steps: number of steps.
        round_steps: steps between checkpoints.
        workers: processes that edit photographs.
        threads: training threads; by default torch chooses.
        device: cpu, cuda or auto.
        side: longest side of stored photographs in pixels.
        cache: folder for decoded photographs; by default `output/photos`.
        drawn: number of drawn images to add to the photographs.
        progress: reports progress.

    Raises:
        MissingDependencyError: torch or onnx is not installed.
        InputError: there are too few photographs, or an option is invalid.
    """
    require_torch()
    from copytrace.descriptors.inset import INSET_FILE
    from copytrace.descriptors.onnx import file_digest
    from copytrace.files import whole_file
    from copytrace.training.inset import begin_inset, judge_inset
    from copytrace.training.inset import train_inset as learn
    from copytrace.training.inset_network import onnx_bytes
    from copytrace.training.photos import open_photos
    from copytrace.training.run import Budget, pick_device

    folder = Path(output)
    where = pick_device(device, threads)
    folder.mkdir(parents=True, exist_ok=True)
    opened = open_photos(str(photos), Path(cache or folder / "photos"), side, progress, drawn=drawn)
    learner = begin_inset(folder, opened, starting_weights(init, INSET_FILE), where)
    if learner.step:
        progress.note(f"Resuming {folder} at step {learner.step:,}")
    budget = Budget(steps=steps, minutes=minutes or (None if steps else MINUTES))
    with progress.task("learn", steps, "steps") as bar:
        bar.advance(learner.step, earlier=True)
        learn(learner, opened, folder, budget, workers=workers, round_steps=round_steps, tell=_told(bar))
    figures = judge_inset(learner.average, opened)
    file = folder / INSET_FILE
    with whole_file(file) as path:
        path.write_bytes(onnx_bytes(learner.average, {"name": "inset"}))
    return TrainedInset(file, file_digest(file), figures)


def _told(bar: Bar) -> Callable[[InsetReport], None]:
    """A function that updates the bar."""

    def tell(report: InsetReport) -> None:
        bar.advance()
        bar.show(f"{report.share:.0%}, loss {report.loss:.2f}, {report.rate:.0f} images/s")

    return tell
