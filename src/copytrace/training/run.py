"""A training run from photographs to checkpoints: plan a round, learn it, validate, save."""

from __future__ import annotations

import atexit
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from copytrace.descriptors import Normalisation
from copytrace.descriptors.background import biases
from copytrace.errors import InputError
from copytrace.files import whole_file
from copytrace.training.learner import Learner, Round
from copytrace.training.plan import alike, plan_batches
from copytrace.training.validation import Benchmark, Figures, describe, draw_benchmark, judge_vectors
from copytrace.training.views import Batch, Views, as_input, squashed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from copytrace.records import IndexArray
    from copytrace.training.photos import Photos
    from copytrace.training.recipe import TrainingRecipe
    from copytrace.training.start import Weights

B = TypeVar("B")

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"

_VALIDATION_SHARE, _VALIDATION_MOST = 0.12, 1600
_DONOR_SHARE = 0.12
_MEASURED = 1024
"""Photographs for measuring the statistics of new normalisation layers."""
_TOLD_EVERY = 5
"""Steps."""
_LOOK_EVERY = 20 * 60
"""The longest time in seconds between two validations."""
_NORMALISATION = Normalisation(weight=1.5)
"""The score normalisation during a run; that of the exported model is fitted."""


class Split(NamedTuple):
    """Numbers of the photographs to learn from, to paste onto, and to validate on; they are disjoint."""

    learned: IndexArray
    donors: IndexArray
    validation: IndexArray


class TrainingReport(NamedTuple):
    """The state of a run, after every few steps and every validation.

    Attributes:
        step: number of completed steps.
        share: completed share of the run, 0 to 1.
        loss: mean over the last steps.
        right: share of views recognised, over the last steps.
        rate: views per second.
        side: side of the pictures.
        seconds: training time, over all sessions.
        figures: validation results with score normalisation; None before the first validation.
    """

    step: int
    share: float
    loss: float
    right: float
    rate: float
    side: int
    seconds: float
    figures: Figures | None


@dataclass(frozen=True)
class Budget:
    """The length of a run: a number of steps (exactly repeatable), or minutes of training."""

    steps: int | None = None
    minutes: float | None = None

    def share(self, step: int, seconds: float) -> float:
        """The share used up, 0 to 1.

        >>> Budget(steps=200).share(50, seconds=9.0)
        0.25
        """
        shares = [0.0]
        if self.steps:
            shares.append(step / self.steps)
        if self.minutes:
            shares.append(seconds / (60 * self.minutes))
        return min(1.0, max(shares))


def pick_device(name: str, threads: int | None) -> torch.device:
    """The device to train on; `auto` is a GPU if there is one.

    Raises:
        InputError: the device does not exist on this machine.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    if name not in {"auto", "cpu", "cuda"}:
        raise InputError(f"--device is '{name}'; expected cpu, cuda or auto.")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: torch finds no GPU. Use --device cpu, or install torch with CUDA.")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def split_photos(count: int, seed: int) -> Split:
    """Hold out photographs for validation and as donors; the rest is learned."""
    order = np.random.default_rng(seed).permutation(count)
    validation = max(4, min(_VALIDATION_MOST, int(_VALIDATION_SHARE * count)))
    donors = max(1, int(_DONOR_SHARE * count))
    return Split(order[validation + donors :], order[validation : validation + donors], order[:validation])


def begin(
    recipe: TrainingRecipe, photos: Photos, folder: Path, weights: Weights | None, device: torch.device
) -> Learner:
    """The learner to continue: from the folder's checkpoint, or a new one."""
    if (folder / CHECKPOINT).exists():
        return Learner.load(folder / CHECKPOINT, device)
    learner = Learner(recipe, device)
    if weights is not None:
        learned = split_photos(len(photos), recipe.seed).learned[:_MEASURED]
        side = recipe.side(0.0)
        batch = np.stack([squashed(photos[int(number)], side) for number in learned])
        learner.start_from(weights, as_input(torch.from_numpy(batch)))
    return learner


def train(
    learner: Learner,
    photos: Photos,
    folder: Path,
    budget: Budget,
    *,
    workers: int = 1,
    round_steps: int = 200,
    tell: Callable[[TrainingReport], None] = lambda _report: None,
) -> None:
    """Train until the budget is used up, with regular validations and checkpoints.

    They happen after every round of steps, and every 20 minutes within a round. An interrupted run resumes from its
    last checkpoint. With a budget in steps, it reaches the same weights as an uninterrupted run on the same machine
    with the same number of threads.

    Args:
        learner: the learner; changed in place.
        photos: photographs to learn from, and to validate on.
        folder: folder of checkpoint and log.
        budget: length of the run.
        workers: processes that make views.
        round_steps: steps to plan together.
        tell: called with the state of the run every few steps, and after every round.
    """
    split = split_photos(len(photos), learner.recipe.seed)
    benchmark = draw_benchmark(photos, split.validation, learner.recipe.seed)
    figures: Figures | None = None
    while (share := budget.share(learner.step, learner.seconds)) < 1:
        views = _views(learner, photos, split, round_steps, share)
        until = learner.seconds + _LOOK_EVERY
        for report in _learn(learner, views, budget, workers):
            if report.step % _TOLD_EVERY == 0:
                tell(report._replace(figures=figures))
            if learner.seconds >= until:
                break
        looked = look(learner, benchmark, views.side)
        _save(learner, folder, looked, views.side)
        figures = looked[0]
        tell(report._replace(share=budget.share(learner.step, learner.seconds), figures=figures))


def _views(learner: Learner, photos: Photos, split: Split, steps: int, share: float) -> Views:
    """The remaining batches of the learner's round, or those of a new round."""
    recipe = learner.recipe
    if learner.round is None or learner.step == learner.round.first + len(learner.round.plan):
        learner.round = _planned(learner, split, steps, share)
    done = learner.step - learner.round.first
    return Views(
        photos,
        learner.round.plan[done:],
        split.donors,
        learner.step,
        learner.round.side,
        recipe.seed,
        recipe.hard_pairs,
        recipe.restyled,
        recipe.held_out,
    )


def _planned(learner: Learner, split: Split, steps: int, share: float) -> Round:
    recipe = learner.recipe
    neighbours = alike(learner.memory.vectors.numpy(), learner.memory.photos.numpy()) if learner.step else {}
    plan = plan_batches(
        split.learned,
        steps,
        recipe.batch,
        np.random.default_rng((recipe.seed, learner.step)),
        neighbours=neighbours,
        share=recipe.hard_negatives,
    )
    return Round(learner.step, plan, recipe.side(share))


def _learn(learner: Learner, views: Views, budget: Budget, workers: int) -> Iterator[TrainingReport]:
    """Learn from each batch in turn until the budget is used up."""
    recent: list[tuple[float, float, float]] = []
    begun = time.monotonic()
    for batch in load_batches(views, workers):
        share = budget.share(learner.step, learner.seconds)
        if share >= 1:
            return
        step = learner.learn(Batch(*batch), share)
        now = time.monotonic()
        # The first batch waits for the worker processes to start.
        learner.seconds += now - begun if recent or not workers else 0.0
        recent = [*recent, (step.loss, step.right, now - begun)][-20:]
        begun = now
        loss, right, seconds = np.mean(recent, axis=0)
        rate = 2 * views.plan.shape[1] / seconds
        yield TrainingReport(learner.step, share, loss, right, rate, views.side, learner.seconds, None)


def load_batches(views: Dataset[B], workers: int) -> DataLoader[B]:
    """The batches of a dataset in order, made by this many worker processes, or in this process if there are none."""
    return DataLoader(
        views,
        batch_size=None,
        num_workers=workers,
        multiprocessing_context="spawn" if workers else None,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_end_at_once if workers else None,
    )


def _end_at_once(_worker: int) -> None:
    """Make a worker process exit before its interpreter is torn down.

    If nobody waits for its next batch, a torch thread may still be sending it. During teardown, Python ends such a
    thread, and with it the process, with the message "terminate called without an active exception".
    """
    atexit.register(os._exit, 0)


def look(learner: Learner, benchmark: Benchmark, side: int) -> tuple[Figures, Figures]:
    """Results of the averaged network, with and without the score normalisation."""
    references = [benchmark.photos[int(number)] for number in benchmark.references]
    query = describe(learner.average, benchmark.queries, side)
    reference = describe(learner.average, references, side)
    memory = learner.memory.vectors.numpy()
    # With fewer vectors than a bias uses, there is nothing to tell what is usual.
    bias = biases(query @ memory.T, _NORMALISATION) if len(memory) > _NORMALISATION.last else 0.0
    return judge_vectors(query, reference, benchmark.truth, bias), judge_vectors(
        query, reference, benchmark.truth, 0.0
    )


def _save(learner: Learner, folder: Path, looked: tuple[Figures, Figures], side: int) -> None:
    with whole_file(folder / CHECKPOINT) as path:
        learner.save(path)
    line = {
        "step": learner.step,
        "minutes": round(learner.seconds / 60, 2),
        "side": side,
        "normalised": looked[0]._asdict(),
        "raw": looked[1]._asdict(),
        "recipe": asdict(learner.recipe) if not (folder / LOG).exists() else None,
    }
    with (folder / LOG).open("a") as log:
        log.write(json.dumps({key: value for key, value in line.items() if value is not None}) + "\n")
