"""Trains the network that finds a picture inside a picture: a run with checkpoints, and its results."""

from __future__ import annotations

import math
import time
from copy import deepcopy
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from copytrace.descriptors.inset import box_of, most_likely
from copytrace.errors import InputError
from copytrace.files import whole_file
from copytrace.training.inset_network import STRIPS, InsetNetwork, start_from
from copytrace.training.inset_views import InsetBatch, InsetViews
from copytrace.training.learner import update_average
from copytrace.training.run import Budget, Split, load_batches, split_photos
from copytrace.training.views import as_input, recoloured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copytrace.training.photos import Photos
    from copytrace.training.start import Weights

CHECKPOINT = "inset.pt"

_BATCH, _RATE, _DECAY = 64, 0.002, 0.02
_WARM_UP = 0.015
_AVERAGE = 0.998
_SPREAD = 0.6
"""How many strips a side may be off at little cost: the width of the target distribution."""
_SEED = 1000
_MEASURED = 128
"""Pictures for measuring the statistics of new normalisation layers."""
_JUDGED = 6
"""Batches of held-out photographs for the results."""
_PART, _RIGHT = 0.75, 0.7


class InsetFigures(NamedTuple):
    """How well insets are found.

    Attributes:
        found: share of the insets below three quarters of the picture that were found, with an overlap (intersection
            over union) of at least 0.7.
        left_whole: share of the other pictures that were left whole.
    """

    found: float
    left_whole: float


class InsetReport(NamedTuple):
    """The state of a run.

    Attributes:
        step: number of completed steps.
        share: completed share of the run, 0 to 1.
        loss: loss of the last step.
        rate: pictures per second, over all sessions.
        seconds: time spent, over all sessions.
    """

    step: int
    share: float
    loss: float
    rate: float
    seconds: float


class InsetLearner:
    """A network in training, with its average and optimiser.

    Attributes:
        network: the network being trained.
        average: the moving average of its weights, which is evaluated and exported.
        step: number of completed steps.
        seconds: time spent in steps, over all sessions.
    """

    def __init__(self, device: torch.device) -> None:
        torch.manual_seed(_SEED)
        self.device = device
        self.network = InsetNetwork()
        self.generator = torch.Generator().manual_seed(_SEED)
        self.step = 0
        self.seconds = 0.0
        self._ready()

    def start_from(self, weights: Weights, pictures: Tensor) -> None:
        """Start from weights instead of random values; see `inset_network.start_from`."""
        start_from(self.network.cpu(), weights, pictures)
        self._ready()

    def _ready(self) -> None:
        """Create the average and the optimiser for the present network."""
        self.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = deepcopy(self.network).eval()
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=_RATE, weight_decay=_DECAY)

    def learn(self, batch: InsetBatch, share: float) -> float:
        """Take one step at a share of the run, 0 to 1; return the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = (
                _RATE * min(1.0, share / _WARM_UP + 0.01) * (0.51 + 0.49 * math.cos(math.pi * share))
            )
        pictures = recoloured(as_input(batch.pictures), self.generator).to(self.device)
        scores, cells = self.network.train()(pictures)
        loss = inset_loss(scores, cells, batch.sides.to(self.device), batch.inside.to(self.device))
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        update_average(self.average, self.network, self.step, _AVERAGE)
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Write everything a run needs to continue as if it had not stopped."""
        parts = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimiser")}
        rest = {"generator": self.generator.get_state(), "step": self.step, "seconds": self.seconds}
        with whole_file(path) as temporary:
            torch.save(parts | rest, temporary)

    @classmethod
    def load(cls, path: Path, device: torch.device) -> InsetLearner:
        """Read what `save` wrote."""
        learner, state = cls(device), torch.load(path, map_location=device, weights_only=True)
        for name in ("network", "average", "optimiser"):
            getattr(learner, name).load_state_dict(state[name])
        learner.generator.set_state(state["generator"].cpu())
        learner.step, learner.seconds = state["step"], state["seconds"]
        return learner


def begin_inset(folder: Path, photos: Photos, weights: Weights | None, device: torch.device) -> InsetLearner:
    """The learner to continue: from the folder's checkpoint, or a new one, with these weights or random ones.

    Raises:
        InputError: there are too few photographs, or the weights do not belong to such a network.
    """
    if (folder / CHECKPOINT).exists():
        return InsetLearner.load(folder / CHECKPOINT, device)
    learner = InsetLearner(device)
    if weights is not None:
        split = _split(photos)
        pictures = InsetViews(photos, split.learned, split.donors, 0, 1, _MEASURED, _SEED)[0].pictures
        learner.start_from(weights, as_input(pictures))
    return learner


def _split(photos: Photos) -> Split:
    """Split the photographs into those to learn from, to paste onto, and to hold out."""
    split = split_photos(len(photos), 0)
    if not len(split.learned):
        raise InputError(
            f"There are {len(photos)} photographs, too few to learn from after holding some out; use at "
            "least 6, and preferably thousands."
        )
    return split


def inset_loss(scores: Tensor, cells: Tensor, sides: Tensor, inside: Tensor) -> Tensor:
    """The error of scores: for the sides, and for the content of each cell.

    Args:
        scores: (n, 4, 64) output of the network.
        cells: (n, 32, 32) output of the network.
        sides: (n, 4) true strips.
        inside: (n, 64, 64) bool.
    """
    apart = torch.arange(STRIPS, device=sides.device) - sides[..., None]
    wanted = (-(apart**2) / (2 * _SPREAD**2)).softmax(dim=-1)
    of_sides = -(wanted * scores.log_softmax(dim=-1)).sum(dim=-1).mean()
    shown = functional.avg_pool2d(inside[:, None].float(), 2)[:, 0]
    return of_sides + functional.binary_cross_entropy_with_logits(cells, shown)


def train_inset(
    learner: InsetLearner,
    photos: Photos,
    folder: Path,
    budget: Budget,
    *,
    workers: int,
    round_steps: int,
    tell: Callable[[InsetReport], None],
) -> None:
    """Train until the budget is used up.

    Args:
        learner: the learner; changed in place.
        photos: photographs to learn from.
        folder: folder of the checkpoint.
        budget: length of the run.
        workers: processes that make pictures.
        round_steps: steps between two checkpoints.
        tell: called with the state of the run at each step.
    """
    split = _split(photos)
    while budget.share(learner.step, learner.seconds) < 1:
        views = InsetViews(photos, split.learned, split.donors, learner.step, round_steps, _BATCH, _SEED)
        _round(learner, views, budget, workers, tell)
        learner.save(folder / CHECKPOINT)


def _round(
    learner: InsetLearner,
    views: InsetViews,
    budget: Budget,
    workers: int,
    tell: Callable[[InsetReport], None],
) -> None:
    begun = time.monotonic()
    for batch in load_batches(views, workers):
        share = budget.share(learner.step, learner.seconds)
        if share >= 1:
            return
        loss = learner.learn(InsetBatch(*batch), share)
        learner.seconds += time.monotonic() - begun
        begun = time.monotonic()
        rate = learner.step * _BATCH / learner.seconds
        tell(InsetReport(learner.step, share, loss, rate, learner.seconds))


@torch.no_grad()
def judge_inset(network: InsetNetwork, photos: Photos) -> InsetFigures:
    """Results on held-out photographs."""
    split = _split(photos)
    views = InsetViews(photos, split.validation, split.donors, 0, _JUDGED, _BATCH, _SEED + 1)
    found, left_whole = [], []
    device = next(network.parameters()).device
    for number in range(_JUDGED):
        batch = views[number]
        scores = network.eval()(as_input(batch.pictures).to(device))[0].cpu().numpy()
        for row, sides in zip(scores, batch.sides.tolist(), strict=True):
            box, true = most_likely(row)[0], box_of(sides, STRIPS)
            if true.area < _PART:
                found.append(box.overlap(true) >= _RIGHT)
            else:
                left_whole.append(box.area >= _PART)
    return InsetFigures(float(np.mean(found)), float(np.mean(left_whole)))
