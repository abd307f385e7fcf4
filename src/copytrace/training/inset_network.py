"""The network that finds a picture inside a picture: small, and specialised in straight sides.

It averages rows and columns over the whole picture, which makes a straight side stand out however weak it is at each
point (Q. Hou et al., "Strip pooling", arXiv:2003.13328), and combines coarse features with fine ones (O. Ronneberger
et al., "U-Net", arXiv:1505.04597).
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from copytrace.errors import InputError
from copytrace.training.folding import fold_norm
from copytrace.training.onnx_graph import Graph
from copytrace.training.start import Measured, undoing_norm

if TYPE_CHECKING:
    from copytrace.training.start import Weights

SIDE = 128
"""Side of its input pictures in pixels."""
STRIPS = 64
"""Columns, and rows, from which one is chosen for each side."""

PIXELS, SCORES = "pixels", "scores"
_WIDTHS = (16, 24, 48, 96)
_BINS = 2
"""Strips per cell of the finest features."""


class Filter(nn.Module):
    """A convolution, batch normalisation and ReLU; its input is added if shapes match."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1
    ) -> None:
        super().__init__()
        padding = dilation * (kernel // 2)
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)
        self.residual = inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y = functional.relu(self.norm(self.convolution(x)))
        return x + y if self.residual else y


class Strips(nn.Module):
    """Adds information from means of rows and columns to the features."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.rows = nn.Conv2d(width, width, (5, 1), padding=(2, 0))
        self.columns = nn.Conv2d(width, width, (1, 5), padding=(0, 2))

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, h, w) to the same."""
        rows = functional.relu(self.rows(x.mean(3, keepdim=True)))
        return x + rows + functional.relu(self.columns(x.mean(2, keepdim=True)))


class InsetNetwork(nn.Module):
    """Pictures (n, 3, 128, 128) of values from -1 to 1 to scores (n, 4, 64): left, right, top, bottom.

    A score says how likely the i-th strip is the first one (left, top) or the last one of the part.
    """

    def __init__(self) -> None:
        super().__init__()
        first, fine, middle, coarse = _WIDTHS
        self.stem = Filter(3, first, 5, 2)
        self.fine = nn.Sequential(Filter(first, fine, stride=2), Strips(fine), Filter(fine, fine))
        self.middle = nn.Sequential(Filter(fine, middle, stride=2), Strips(middle), Filter(middle, middle))
        self.coarse = nn.Sequential(
            Filter(middle, coarse, stride=2), Filter(coarse, coarse), Filter(coarse, coarse, dilation=2)
        )
        self.all_over = nn.Conv2d(coarse, coarse, 1)
        self.to_middle = nn.Conv2d(coarse, middle, 1)
        self.again_middle = nn.Sequential(Strips(middle), Filter(middle, middle))
        self.to_fine = nn.Conv2d(middle, fine, 1)
        self.again_fine = nn.Sequential(Strips(fine), Filter(fine, fine))
        self.inside = nn.Conv2d(fine, 1, 1)
        # For two sides: scores of two strips per cell to be weighted, the same to be averaged, and weights.
        self.left_right, self.top_bottom = (nn.Conv2d(fine, 4 * _BINS + 2, 1) for _ in range(2))

    def features(self, x: Tensor) -> Tensor:
        """(n, 3, 128, 128) to (n, f, 32, 32)."""
        fine = self.fine(self.stem(x))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        coarse = coarse + self.all_over(coarse.mean((2, 3), keepdim=True))
        middle = self.again_middle(middle + _doubled(self.to_middle(coarse)))
        finest: Tensor = self.again_fine(fine + _doubled(self.to_fine(middle)))
        return finest

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the sides, and (n, 32, 32) scores of how much of each cell is inside, which help training."""
        features = self.features(x)
        sides = (_sides(self.left_right(features), 2), _sides(self.top_bottom(features), 3))
        return torch.cat(sides, dim=1), self.inside(features)[:, 0]


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _sides(x: Tensor, along: int) -> Tensor:
    """(n, 10, h, w) to (n, 2, 64): scores of two sides, combined along the rows (2) or the columns (3)."""
    scores, evenly, weights = torch.split(x, [2 * _BINS, 2 * _BINS, 2], dim=1)
    weights = weights.softmax(dim=along).repeat_interleave(_BINS, dim=1)
    pooled = (scores * weights).sum(along) + evenly.mean(along)
    return pooled.reshape(len(x), 2, _BINS, -1).transpose(2, 3).flatten(2)


def folded(network: InsetNetwork) -> InsetNetwork:
    """A copy that returns the same scores and has no normalisation layers."""
    plain = deepcopy(network).eval().cpu()
    for module in plain.modules():
        if isinstance(module, Filter) and isinstance(module.norm, nn.BatchNorm2d):
            fold_norm(module.convolution, module.norm)
            module.norm = nn.Identity()
    return plain


def onnx_bytes(network: InsetNetwork, about: dict[str, str]) -> bytes:
    """The scores of the sides as an ONNX file.

    Args:
        network: the trained network.
        about: metadata of the file.

    Returns:
        A model from `pixels` (n, 3, 128, 128) float32 to `scores` (n, 4, 64) float32.
    """
    graph = _Graph()
    graph.network(folded(network))
    return graph.file("inset", (PIXELS, ["n", 3, SIDE, SIDE]), (SCORES, ["n", 4, STRIPS]), about)


@torch.no_grad()
def start_from(network: InsetNetwork, weights: Weights, pictures: Tensor) -> None:
    """Load the weights of an existing file, with new normalisation layers that change nothing.

    Args:
        network: changed in place.
        weights: the result of `start.read_weights`.
        pictures: (n, 3, 128, 128) for measuring the outputs of filters.

    Raises:
        InputError: the weights do not belong to such a network.
    """
    filters = {name: module for name, module in network.named_modules() if isinstance(module, Filter)}
    for module in filters.values():
        module.norm = nn.Identity()
        module.convolution.bias = nn.Parameter(torch.zeros(module.convolution.out_channels))
    try:
        lacking = network.load_state_dict(weights, strict=False).missing_keys
    except RuntimeError as error:
        raise InputError(f"The weights do not belong to a network that finds insets: {error}") from error
    # The output per cell helps training, and is not in the file.
    if lacking := [name for name in lacking if not name.startswith("inside.")]:
        raise InputError(
            f"The weights lack {len(lacking)} tensors of a network that finds insets, such as {lacking[0]}. Use an "
            "inset.onnx of `copytrace train-inset`."
        )
    biases = {name: weights[f"{name}.convolution.bias"] for name in filters}
    with Measured([module.convolution for module in filters.values()]) as measured:
        network.eval()(pictures)
    for name, module in filters.items():
        mean, variance = measured.of(module.convolution)
        module.norm = undoing_norm(mean, variance)
        # The bias is dropped: normalisation would remove it anyway.
        module.norm.running_mean = mean - biases[name]
        module.convolution.bias = None


class _Graph(Graph):
    """The nodes of the network that finds insets."""

    def network(self, network: InsetNetwork) -> None:
        fine = self._all("fine", network.fine, self._filter("stem", network.stem, PIXELS))
        middle = self._all("middle", network.middle, fine)
        coarse = self._all("coarse", network.coarse, middle)
        mean = self._mean(coarse, [2, 3])
        coarse = self.node("Add", [coarse, self._convolution("all_over", network.all_over, mean)])
        middle = self._joined("to_middle", network.to_middle, coarse, middle)
        middle = self._all("again_middle", network.again_middle, middle)
        fine = self._joined("to_fine", network.to_fine, middle, fine)
        fine = self._all("again_fine", network.again_fine, fine)
        sides = [
            self._sides(self._convolution("left_right", network.left_right, fine), 2),
            self._sides(self._convolution("top_bottom", network.top_bottom, fine), 3),
        ]
        self.node("Concat", sides, output=SCORES, axis=1)

    def _all(self, name: str, layers: nn.Sequential, value: str) -> str:
        for number, layer in enumerate(layers):
            if isinstance(layer, Strips):
                value = self._strips(f"{name}.{number}", layer, value)
            else:
                value = self._filter(f"{name}.{number}", cast("Filter", layer), value)
        return value

    def _filter(self, name: str, layer: Filter, value: str) -> str:
        made = self.node("Relu", [self._convolution(f"{name}.convolution", layer.convolution, value)])
        return self.node("Add", [value, made]) if layer.residual else made

    def _strips(self, name: str, layer: Strips, value: str) -> str:
        rows = self._convolution(f"{name}.rows", layer.rows, self._mean(value, [3]))
        columns = self._convolution(f"{name}.columns", layer.columns, self._mean(value, [2]))
        with_rows = self.node("Add", [value, self.node("Relu", [rows])])
        return self.node("Add", [with_rows, self.node("Relu", [columns])])

    def _joined(self, name: str, layer: nn.Conv2d, coarse: str, fine: str) -> str:
        """Coarse features scaled to the size of fine ones, and added."""
        narrow = self._convolution(name, layer, coarse)
        scales = self.numbers("scales", [1, 1, 2, 2])
        nearest = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
        return self.node("Add", [fine, self.node("Resize", [narrow, "", scales], **nearest)])

    def _convolution(self, name: str, layer: nn.Conv2d, value: str) -> str:
        weight, bias = self.tensor(f"{name}.weight", layer.weight), self.tensor(f"{name}.bias", layer.bias)
        before = [int(side) for side in layer.padding]
        return self.node(
            "Conv",
            [value, weight, bias],
            kernel_shape=list(layer.kernel_size),
            strides=list(layer.stride),
            dilations=list(layer.dilation),
            pads=before + before,
        )

    def _mean(self, value: str, axes: list[int]) -> str:
        name = "axes." + "".join(map(str, axes))
        return self.node("ReduceMean", [value, self.whole(name, axes)], keepdims=1)

    def _sides(self, value: str, along: int) -> str:
        """The equivalent of torch's `_sides`."""
        parts = self.whole("parts", [2 * _BINS, 2 * _BINS, 2])
        scores, evenly, weights = self.split([value, parts], 3, axis=1)
        weights = self.node("Softmax", [weights], axis=along)
        weights = self.node("Gather", [weights, self.whole("each", [0, 0, 1, 1])], axis=1)
        axes = self.whole(f"axes.{along}", [along])
        weighed = self.node("ReduceSum", [self.node("Mul", [scores, weights]), axes], keepdims=0)
        pooled = self.node("Add", [weighed, self.node("ReduceMean", [evenly, axes], keepdims=0)])
        apart = self.node("Reshape", [pooled, self.whole("apart", [0, 2, _BINS, -1])])
        turned = self.node("Transpose", [apart], perm=[0, 1, 3, 2])
        return self.node("Reshape", [turned, self.whole("flat", [0, 2, STRIPS])])
