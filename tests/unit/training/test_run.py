"""A run and its processes."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from copytrace.training import run
from copytrace.training.learner import Learner
from copytrace.training.recipe import TrainingRecipe
from copytrace.training.run import CHECKPOINT, Budget, TrainingReport, load_batches, train
from copytrace.training.views import Batch

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.training.photos import Photos

CPU = torch.device("cpu")
TAUGHT = np.random.default_rng(3).normal(size=(40, 12)).astype(np.float16)

pytestmark = pytest.mark.needs("torch")


class _Remains:
    """Leaves a file behind when the interpreter shuts down."""

    def __init__(self, file: Path) -> None:
        # Bound now: at shutdown, the contents of modules are gone.
        self._leave = partial(os.open, file, os.O_CREAT)

    def __del__(self) -> None:
        self._leave()


class Batches(Dataset[torch.Tensor]):
    """Batches created by a process that would leave a file behind."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __len__(self) -> int:
        return 9

    def __getitem__(self, number: int) -> torch.Tensor:
        if number == 0:
            sys.remains = _Remains(self._file)  # type: ignore[attr-defined]
        return torch.full((2,), number)


def test_a_process_that_makes_batches_ends_before_its_interpreter_is_taken_down(tmp_path: Path) -> None:
    first = iter(load_batches(Batches(tmp_path / "taken-down"), workers=1))
    assert next(first).tolist() == [0, 0]
    del first  # which waits for the process
    assert list(tmp_path.iterdir()) == []


def test_a_run_resumed_within_a_round_reaches_the_same_weights(
    photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_LOOK_EVERY", 0)
    recipe = TrainingRecipe("resnet10", sizes=((0.0, 32),), dims=16, batch=4, memory=16)
    learn = partial(train, photos=photos, budget=Budget(steps=3), workers=0, round_steps=3)
    whole, parts = (tmp_path / name for name in ("whole", "parts"))
    for folder in (whole, parts):
        folder.mkdir()
    learner = Learner(recipe, CPU)
    learner.taught = TAUGHT
    learn(learner, folder=whole)

    def stop(report: TrainingReport) -> None:
        if report.figures is not None:
            raise KeyboardInterrupt

    stopped = Learner(recipe, CPU)
    stopped.taught = TAUGHT
    with pytest.raises(KeyboardInterrupt):
        learn(stopped, folder=parts, tell=stop)
    resumed = Learner.load(parts / CHECKPOINT, CPU)
    assert resumed.step == 1
    resumed.taught = TAUGHT
    learn(resumed, folder=parts)
    for name, weights in learner.network.state_dict().items():
        assert torch.equal(weights, resumed.network.state_dict()[name]), name


def test_a_teacher_changes_what_is_learned() -> None:
    recipe = TrainingRecipe("resnet10", sizes=((0.0, 32),), dims=16)
    batch = Batch(torch.zeros(4, 32, 32, 3, dtype=torch.uint8), torch.tensor([0, 1]))
    plain, taught = Learner(recipe, CPU), Learner(recipe, CPU)
    taught.taught = TAUGHT
    assert taught.learn(batch, 0.0).loss > plain.learn(batch, 0.0).loss
