"""The state of a training run, and one step of it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from copytrace.training.loss import Memory, losses, relational_loss
from copytrace.training.network import NETWORKS, DescriptorNetwork
from copytrace.training.recipe import TrainingRecipe, recipe_from
from copytrace.training.start import Weights, freeze, start_from
from copytrace.training.views import Batch, as_input, varied

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from copytrace.records import IndexArray

_MEMORY_FROM = 0.02
"""Vectors of the first steps belong to a different network, in effect; the memory is used from this step."""

_AVERAGE_FROM = 10
"""The first steps have a larger weight in the moving average."""


class Round(NamedTuple):
    """Batches that were planned together.

    Attributes:
        first: the step of the first batch.
        plan: (steps, b) numbers of the photographs.
        side: side of the pictures in pixels.
    """

    first: int
    plan: IndexArray
    side: int


class Learned(NamedTuple):
    """The result of a step: the loss, and the share of views recognised."""

    loss: float
    right: float


class Learner:
    """A network in training, with its average, optimiser and memory.

    Attributes:
        network: the network being trained.
        average: the moving average of its weights, which is validated and exported.
        step: number of completed steps.
        seconds: time spent in steps, over all sessions.
        round: the present batches, so that a run resumes in the middle of them.
        taught: (n, D) float16 vectors of a teacher for all photographs; None without a teacher.
    """

    def __init__(self, recipe: TrainingRecipe, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.device = device
        self.network: DescriptorNetwork = NETWORKS[recipe.network](recipe.dims)
        self.memory = Memory(recipe.memory, recipe.dims)
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.step = 0
        self.seconds = 0.0
        self.round: Round | None = None
        self.taught: npt.NDArray[np.float16] | None = None
        self.ready()

    def start_from(self, weights: Weights, batch: Tensor) -> None:
        """Start from weights instead of random values; see `start.start_from`."""
        start_from(self.network.cpu(), weights, self.recipe.frozen, batch)
        self.ready()

    def ready(self) -> None:
        """Create the average and the optimiser for the present network."""
        self.network.to(self.device)
        self.average = deepcopy(self.network)
        self.optimiser = torch.optim.AdamW(self._groups())
        self._rates = [group["lr"] for group in self.optimiser.param_groups]

    def _groups(self) -> list[dict[str, Any]]:
        """Parameters with their rates: those of the head, and of each stage, lower for earlier stages."""
        recipe, stages = self.recipe, list(self.network.stages)
        parts: list[tuple[list[nn.Module], float]] = [
            ([stage], recipe.trunk_rate * recipe.stage_decay ** (len(stages) - 1 - number))
            for number, stage in enumerate(stages)
        ]
        parts.append(([self.network.pool, self.network.pooled_norm, self.network.project], recipe.rate))
        groups = []
        for modules, rate in parts:
            learning = [p for module in modules for p in module.parameters() if p.requires_grad]
            for decays in (True, False):
                members = [p for p in learning if (p.ndim > 1) == decays]
                if members:
                    decay = recipe.weight_decay if decays else 0.0
                    groups.append({"params": members, "lr": rate, "weight_decay": decay})
        return groups

    def learn(self, batch: Batch, share: float) -> Learned:
        """Take one step at a share of the run, 0 to 1."""
        recipe = self.recipe
        self._training_mode()
        pictures = varied(as_input(batch.pictures), self.generator).to(
            self.device, memory_format=torch.channels_last
        )
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            vectors = self.network(pictures)
        vectors = vectors.float()
        memory, remembered = self.memory.vectors, self.memory.photos
        if share < _MEMORY_FROM:
            memory, remembered = memory[:0], remembered[:0]
        judged = losses(
            vectors,
            batch.photos.to(self.device),
            memory.to(self.device),
            remembered.to(self.device),
            recipe.temperature,
        )
        loss = judged.contrast + recipe.spread_weight(share) * judged.spread
        if self.taught is not None:
            taught = torch.from_numpy(self.taught[batch.photos.numpy()].astype(np.float32)).to(self.device)
            loss = loss + recipe.relations * relational_loss(vectors, batch.photos.to(self.device), taught)
        for group, rate in zip(self.optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * recipe.rate_factor(share)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        update_average(self.average, self.network, self.step, recipe.average)
        # Light views come last: they represent their photographs when similar photographs are sought.
        self.memory.add(vectors.roll(len(batch.photos), dims=0).cpu(), batch.photos.repeat(2))
        return Learned(float(loss.detach()), float(judged.right))

    def _training_mode(self) -> None:
        self.network.train()
        for stage in list(self.network.stages)[: self.network.frozen]:
            stage.eval()

    def save(self, path: Path) -> None:
        """Write everything a run needs to continue as if it had not stopped."""
        state = {
            "recipe": asdict(self.recipe),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "memory": (self.memory.vectors, self.memory.photos),
            "generator": self.generator.get_state(),
            "frozen": self.network.frozen,
            "bare": [
                name for name, module in self.network.named_modules() if isinstance(module, nn.Identity)
            ],
            "step": self.step,
            "seconds": self.seconds,
            "round": None
            if self.round is None
            else (self.round.first, torch.from_numpy(self.round.plan), self.round.side),
        }
        torch.save(state, path)

    @classmethod
    def load(cls, path: Path, device: torch.device) -> Learner:
        """Read what `save` wrote.

        Raises:
            InputError: its recipe is invalid.
        """
        state = torch.load(path, map_location=device, weights_only=True)
        learner = cls(recipe_from(state["recipe"], str(path)), device)
        for name in state["bare"]:
            parent, _, last = name.rpartition(".")
            setattr(learner.network.get_submodule(parent), last, nn.Identity())
        freeze(learner.network, state["frozen"])
        learner.ready()
        learner.network.load_state_dict(state["network"])
        learner.average.load_state_dict(state["average"])
        learner.optimiser.load_state_dict(state["optimiser"])
        learner.memory.vectors, learner.memory.photos = (part.cpu() for part in state["memory"])
        learner.generator.set_state(state["generator"].cpu())
        learner.step, learner.seconds = state["step"], state["seconds"]
        if state.get("round") is not None:
            first, plan, side = state["round"]
            learner.round = Round(first, plan.cpu().numpy(), side)
        return learner


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, step: int, most: float) -> None:
    """Move a moving average towards a network; statistics of normalisation are averaged too.

    Args:
        average: a copy of the network; changed in place.
        network: the network after the step.
        step: number of completed steps; the first ones have a larger weight.
        most: the long-term decay of the average, 0 to 1.
    """
    kept = min(most, step / (step + _AVERAGE_FROM))
    averaged = average.state_dict()
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            averaged[name].lerp_(value, 1 - kept)
        else:
            averaged[name].copy_(value)
