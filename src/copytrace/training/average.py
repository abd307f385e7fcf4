"""The moving average of a network's weights, which does better than the weights of any step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import nn

_FROM = 10


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, step: int, most: float) -> None:
    """Move an average towards a network; statistics of normalisation are averaged too.

    Args:
        average: a copy of the network; changed in place.
        network: as it is after the step.
        step: how many steps were taken; the first ones count for more.
        most: what is kept of the average in the long run, 0 to 1.
    """
    kept = min(most, step / (step + _FROM))
    averaged = average.state_dict()
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            averaged[name].lerp_(value, 1 - kept)
        else:
            averaged[name].copy_(value)
