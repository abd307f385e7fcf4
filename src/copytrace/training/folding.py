"""Folds layers that are not needed at run time into their neighbours: normalisation, and whitening."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from copytrace.training.network import Convolution, DescriptorNetwork

if TYPE_CHECKING:
    from copytrace.records import Float32Array


@torch.no_grad()
def folded(network: DescriptorNetwork) -> DescriptorNetwork:
    """A copy that returns the same vectors and has no normalisation layers."""
    plain = deepcopy(network).eval().cpu()
    for module in plain.modules():
        if isinstance(module, Convolution) and isinstance(module.norm, nn.BatchNorm2d):
            fold_norm(module.convolution, module.norm)
            module.norm = nn.Identity()
    if isinstance(plain.pooled_norm, nn.BatchNorm1d):
        scale, shift = _scale_and_shift(plain.pooled_norm)
        _set_bias(plain.project, _bias(plain.project) + plain.project.weight @ shift)
        plain.project.weight.mul_(scale)
        plain.pooled_norm = nn.Identity()
    return plain


@torch.no_grad()
def fold_norm(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    """Let a convolution include the normalisation after it."""
    scale, shift = _scale_and_shift(norm)
    convolution.weight.mul_(scale[:, None, None, None])
    _set_bias(convolution, _bias(convolution) * scale + shift)


def _scale_and_shift(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Normalisation as y = scale x + shift."""
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        raise ValueError("normalisation without statistics cannot be folded")
    scale = norm.weight / torch.sqrt(variance + norm.eps)
    return scale, norm.bias - mean * scale


def _bias(layer: nn.Conv2d | nn.Linear) -> Tensor:
    return torch.zeros(layer.weight.shape[0]) if layer.bias is None else layer.bias


def _set_bias(layer: nn.Conv2d | nn.Linear, bias: Tensor) -> None:
    layer.bias = nn.Parameter(bias)


def whitening(projected: Float32Array, shrinkage: float) -> tuple[Float32Array, Float32Array]:
    """Principal components of projected vectors, each divided by its spread.

    Args:
        projected: (n, d) vectors of photographs before scaling to length 1; n > d.
        shrinkage: from 0, full whitening, to 1, only a rotation: spreads are moved towards their mean.

    Returns:
        (d, d) matrix W and (d,) mean m: W (x - m) is white, and as large on average as x - m was.
    """
    mean = projected.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov((projected - mean).T.astype(np.float64)))
    spreads = np.sqrt((1 - shrinkage) * variances / variances.mean() + shrinkage)
    return (axes / spreads).T.astype(np.float32), mean.astype(np.float32)


def pair_whitening(
    projected: Float32Array, edited: Float32Array, shrinkage: float
) -> tuple[Float32Array, Float32Array]:
    """Make the effect of edits equally small in all directions: "learned whitening" (F. Radenovic, arXiv:1711.02512).

    Args:
        projected: (n, d) vectors of photographs before scaling to length 1; n > d.
        edited: (n, d) vectors of the same photographs, edited.
        shrinkage: from 0, full whitening, to 1, no change.

    Returns:
        (d, d) matrix W and (d,) mean m: under W (x - m), the differences between the two have equal spreads.
    """
    change = (edited - projected).astype(np.float64)
    variances, axes = np.linalg.eigh(change.T @ change / len(change))
    spreads = np.sqrt((1 - shrinkage) * variances / variances.mean() + shrinkage)
    return ((axes / spreads) @ axes.T).astype(np.float32), projected.mean(axis=0).astype(np.float32)


@torch.no_grad()
def whitened(network: DescriptorNetwork, matrix: Float32Array, mean: Float32Array) -> DescriptorNetwork:
    """A copy of a folded network whose last layer whitens too."""
    copy = deepcopy(network)
    turn, centre = torch.from_numpy(matrix), torch.from_numpy(mean)
    _set_bias(copy.project, turn @ (_bias(copy.project) - centre))
    copy.project.weight = nn.Parameter(turn @ copy.project.weight)
    return copy
