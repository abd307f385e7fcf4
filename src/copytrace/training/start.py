"""Initial weights for training, whose batch normalisation was folded into the convolutions.

They are either published weights (a `.npz` of `00.weight`, `00.bias` ... in network order) or those of an exported
model. New normalisation layers are inserted so that they change nothing: their running statistics are measured on a
batch, and weight and bias undo them. A network trained without them forgets what it has learned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from copytrace.errors import InputError
from copytrace.training.folding import whitening
from copytrace.training.network import Convolution, DescriptorNetwork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

_SHRINKAGE = 0.1

Weights = dict[str, Tensor]
Norm = TypeVar("Norm", nn.BatchNorm1d, nn.BatchNorm2d)


def read_weights(path: Path) -> Weights:
    """Read weights by name from a `.npz` in network order, or from an ONNX file written by training.

    Raises:
        InputError: the file is neither.
    """
    try:
        weights = _from_onnx(path) if path.suffix == ".onnx" else _from_npz(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}. Check the path and its permissions.") from error
    except Exception as error:
        # The libraries raise their own error types for invalid files.
        raise InputError(_no_weights(path)) from error
    if not weights:
        raise InputError(_no_weights(path))
    return weights


def _no_weights(path: Path) -> str:
    return (
        f"{path}: contains no weights. Use a model.onnx of `copytrace train` (for insets: an inset.onnx of `copytrace "
        "train-inset`), or a .npz of arrays 00.weight, 00.bias, 01.weight ... in network order."
    )


def _from_npz(path: Path) -> Weights:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name].astype(np.float32)) for name in arrays.files}


def _from_onnx(path: Path) -> Weights:
    import onnx
    from onnx import numpy_helper

    # Tensors in other files are ignored.
    graph = onnx.load(str(path), load_external_data=False).graph
    arrays: Mapping[str, npt.NDArray[np.float32]] = {
        tensor.name: numpy_helper.to_array(tensor).astype(np.float32) for tensor in graph.initializer
    }
    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}


def start_from(network: DescriptorNetwork, weights: Weights, frozen: int, batch: Tensor) -> None:
    """Load folded weights, freeze the leading stages, and insert new normalisation in the others.

    Args:
        network: changed in place.
        weights: the result of `read_weights`.
        frozen: number of stages that are not trained.
        batch: (n, 3, h, w) pictures for measuring statistics; with more pictures than dimensions, a projection that
            the weights lack starts as a whitening of the features.

    Raises:
        InputError: the weights do not belong to this network.
    """
    numbered = "00.weight" in weights
    convolutions = [module for module in network.modules() if isinstance(module, Convolution)]
    named = _named_by_order(network, weights) if numbered else weights
    missing = network.load_state_dict(named, strict=False)
    wanted = sum(
        1 for name in missing.missing_keys if "norm" not in name and (not numbered or "stages" in name)
    )
    if wanted:
        raise InputError(
            f"The weights lack {wanted} tensors of the network; the first: {missing.missing_keys[0]}"
        )
    for convolution in convolutions:
        convolution.norm = nn.Identity()
    freeze(network, frozen)
    _insert_norms(network, batch, projects=not numbered)


def _named_by_order(network: DescriptorNetwork, weights: Weights) -> Weights:
    """Weights numbered in network order, renamed to the network's names."""
    names = [name for name, module in network.named_modules() if isinstance(module, Convolution)]
    named = {}
    for number, name in enumerate(names):
        for part in ("weight", "bias"):
            key = f"{number:02d}.{part}"
            wanted = network.get_parameter(f"{name}.convolution.{part}").shape
            if key not in weights or weights[key].shape != wanted:
                found = tuple(weights[key].shape) if key in weights else "nothing"
                raise InputError(f"The weights have {found} as {key}; this network takes {tuple(wanted)}.")
            named[f"{name}.convolution.{part}"] = weights[key]
    return named


def freeze(network: DescriptorNetwork, frozen: int) -> None:
    """Stop the leading stages from learning; their normalisation keeps its statistics.

    Raises:
        InputError: no pooled stage would be left to learn.
    """
    if frozen > network.layout:
        raise InputError(f"frozen is {frozen}; this network allows at most {network.layout}.")
    network.frozen = frozen
    for stage in list(network.stages)[:frozen]:
        stage.requires_grad_(requires_grad=False)


@torch.no_grad()
def _insert_norms(network: DescriptorNetwork, batch: Tensor, *, projects: bool) -> None:
    """Insert a normalisation after each trained convolution that passes this batch on unchanged.

    If the projection after the pooled features is loaded (`projects`), their normalisation changes nothing either.
    Otherwise they are normalised, and the projection starts as their whitening.
    """
    network.eval()
    learning = [
        module
        for stage in list(network.stages)[network.frozen :]
        for module in stage.modules()
        if isinstance(module, Convolution)
    ]
    with Measured([layer.convolution for layer in learning]) as measured:
        pooled = network.features(batch)
    for layer in learning:
        layer.norm = undoing_norm(*measured.of(layer.convolution))
    norm = nn.BatchNorm1d(pooled.shape[1])
    norm.running_mean, norm.running_var = pooled.mean(dim=0), pooled.var(dim=0)
    network.pooled_norm = (_undone(norm) if projects else norm).eval()
    if not projects and len(batch) > network.project.out_features:
        matrix, centre = whitening(network.pooled_norm(pooled).numpy(), _SHRINKAGE)
        # The components with the largest variance are the last ones.
        kept = torch.from_numpy(matrix[-network.project.out_features :].copy())
        network.project.weight.data, network.project.bias.data = kept, -kept @ torch.from_numpy(centre)


class Measured:
    """Measures the outputs of convolutions while a network runs inside the block.

    Args:
        layers: the layers to measure; each must run once.
    """

    def __init__(self, layers: Sequence[nn.Conv2d]) -> None:
        self._layers = layers
        self._seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def __enter__(self) -> Self:
        self._hooks = [layer.register_forward_hook(self._see) for layer in self._layers]
        return self

    def __exit__(self, *_error: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _see(self, module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # Measured immediately: the activation that follows works in place.
        self._seen[module] = output.mean(dim=(0, 2, 3)), output.var(dim=(0, 2, 3))

    def of(self, layer: nn.Conv2d) -> tuple[Tensor, Tensor]:
        """Mean and variance of each channel, (c,) and (c,)."""
        return self._seen[layer]


def undoing_norm(mean: Tensor, variance: Tensor) -> nn.BatchNorm2d:
    """A normalisation with these channel statistics, whose weight and bias undo its effect."""
    norm = nn.BatchNorm2d(len(mean))
    norm.running_mean, norm.running_var = mean, variance
    return _undone(norm)


def _undone(norm: Norm) -> Norm:
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        raise TypeError("normalisation without statistics cannot be undone")
    norm.weight.data = (variance + norm.eps).sqrt()
    norm.bias.data = mean.clone()
    return norm
