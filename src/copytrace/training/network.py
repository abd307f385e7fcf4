"""The networks to train: a trunk of stages, and a head that pools their features into a descriptor.

Sources: M. Sandler et al., "MobileNetV2", arXiv:1801.04381; M. Tan and Q. Le, "EfficientNet", arXiv:1905.11946 (of
which the Lite variant has neither squeeze-and-excitation nor Swish); K. He et al., "Deep residual learning",
arXiv:1512.03385; F. Radenovic et al. (generalised-mean pooling), arXiv:1711.02512.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LAYOUT_CELLS = 2
"""The features of a middle stage are averaged over 2 x 2 cells, so that the rough layout counts too."""

_AT_ONCE = 16


@dataclass(frozen=True)
class Shape:
    """The shape of a convolution.

    Attributes:
        inputs: channels in.
        outputs: channels out.
        kernel: side of the kernel.
        stride: step of the kernel, 1 or 2.
        groups: 1, or `inputs` for a depthwise convolution.
        bounded: whether ReLU6 follows.
    """

    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    bounded: bool = True


class Convolution(nn.Module):
    """A convolution with bias, batch normalisation, and optionally ReLU6.

    At stride 2 the picture gets one more row and column of padding on the right and at the bottom, as TensorFlow pads
    even sides and as published weights of MobileNetV2 and EfficientNet-Lite expect.

    Attributes:
        bounded: whether ReLU6 follows.
        pad: padding on every side, and the additional padding on the right and at the bottom.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.bounded = shape.bounded
        self.pad = ((shape.kernel - shape.stride) // 2, shape.stride - 1)
        self.convolution = nn.Conv2d(
            shape.inputs, shape.outputs, shape.kernel, shape.stride, padding=self.pad[0], groups=shape.groups
        )
        self.norm: nn.Module = nn.BatchNorm2d(shape.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        if self.pad[1]:
            x = functional.pad(x, (0, self.pad[1], 0, self.pad[1]))
        x = self.norm(self.convolution(x))
        return functional.relu6(x, inplace=True) if self.bounded else x


class Block(nn.Module):
    """Convolutions whose input is added to their output, through another convolution if shapes differ."""

    def __init__(self, shapes: Sequence[Shape], *, shortcut: Shape | None = None) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(Convolution(shape) for shape in shapes))
        self.shortcut = None if shortcut is None else Convolution(shortcut)
        same = shapes[0].inputs == shapes[-1].outputs and all(shape.stride == 1 for shape in shapes)
        self.residual = shortcut is not None or same

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) to (n, c', h', w')."""
        y: Tensor = self.layers(x)
        if not self.residual:
            return y
        return y + (x if self.shortcut is None else self.shortcut(x))


class GeneralisedMean(nn.Module):
    """Pools each channel by the mean of its p-th powers; p = 1 is the mean, a large p the maximum."""

    def __init__(self, p: float = 3.0) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor(p))

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) to (n, c)."""
        return x.clamp(min=1e-4).pow(self.p).mean(dim=(2, 3)).pow(1 / self.p)


class DescriptorNetwork(nn.Module):
    """Pictures (n, 3, h, w) of values from -1 to 1 to vectors (n, dims) of length 1.

    Attributes:
        stages: the trunk, each stage fed by the previous one; the last one's features are pooled over the picture.
        layout: number of the stage whose features are pooled over cells.
        frozen: number of leading stages that are not trained.
    """

    def __init__(self, stages: Sequence[nn.Module], widths: tuple[int, int], layout: int, dims: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.layout = layout
        self.frozen = 0
        pooled = widths[0] + widths[1] * LAYOUT_CELLS**2
        self.pool = GeneralisedMean()
        self.pooled_norm: nn.Module = nn.BatchNorm1d(pooled)
        self.project = nn.Linear(pooled, dims)

    def features(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, f) pooled features, before normalisation and projection."""
        cells = x = self._unlearned(x)
        for number in range(self.frozen, len(self.stages)):
            x = self.stages[number](x)
            if number == self.layout:
                cells = _over_cells(x)
        return torch.cat((self.pool(x), cells), dim=1)

    @torch.no_grad()
    def _unlearned(self, x: Tensor) -> Tensor:
        """The output of the frozen stages, a few pictures at a time so that their features stay in the cache."""
        if not self.frozen:
            return x
        frozen = nn.Sequential(*self.stages[: self.frozen])
        return torch.cat([frozen(part) for part in torch.split(x, _AT_ONCE)])

    def projected(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, dims), not yet scaled to length 1."""
        projected: Tensor = self.project(self.pooled_norm(self.features(x)))
        return projected

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, dims)."""
        return functional.normalize(self.projected(x))


def _over_cells(x: Tensor) -> Tensor:
    """(n, c, h, w) to (n, 4 c): the means of the four quarters."""
    quarters = [part for half in x.chunk(LAYOUT_CELLS, dim=2) for part in half.chunk(LAYOUT_CELLS, dim=3)]
    return torch.cat([quarter.mean(dim=(2, 3)) for quarter in quarters], dim=1)


class _Group(NamedTuple):
    """Inverted residual blocks of one width.

    Attributes:
        expansion: how much a block's first convolution widens its input, as a factor.
        outputs: channels.
        repeats: number of blocks.
        stride: stride of the first block.
        kernel: side of the depthwise kernel.
    """

    expansion: int
    outputs: int
    repeats: int
    stride: int
    kernel: int = 3


_MOBILENET_V2 = (
    _Group(1, 16, 1, 1), _Group(6, 24, 2, 2), _Group(6, 32, 3, 2), _Group(6, 64, 4, 2), _Group(6, 96, 3, 1),
    _Group(6, 160, 3, 2), _Group(6, 320, 1, 1),
)  # fmt: skip
_EFFICIENTNET_LITE0 = (
    _Group(1, 16, 1, 1), _Group(6, 24, 2, 2), _Group(6, 40, 2, 2, 5), _Group(6, 80, 3, 2), _Group(6, 112, 3, 1, 5),
    _Group(6, 192, 4, 2, 5), _Group(6, 320, 1, 1),
)  # fmt: skip
_STEM, _LAST = 32, 1280
_LAYOUT_GROUP = 4


def mobilenet_v2(dims: int) -> DescriptorNetwork:
    """MobileNetV2 1.0 (2.2 million parameters without the head): narrow, deep, slow to train, fast to run."""
    return _inverted_residuals(_MOBILENET_V2, dims)


def efficientnet_lite0(dims: int) -> DescriptorNetwork:
    """EfficientNet-Lite0 (3.4 million parameters without the head): a third more work than MobileNetV2."""
    return _inverted_residuals(_EFFICIENTNET_LITE0, dims)


def _inverted_residuals(groups: Sequence[_Group], dims: int) -> DescriptorNetwork:
    """A stem, inverted residual blocks, and a last convolution to 1,280 channels."""
    blocks, inputs = [], _STEM
    for group in groups:
        for repeat in range(group.repeats):
            wide = inputs * group.expansion
            widen = [Shape(inputs, wide)] if group.expansion > 1 else []
            depthwise = Shape(wide, wide, group.kernel, group.stride if repeat == 0 else 1, wide)
            blocks.append(Block([*widen, depthwise, Shape(wide, group.outputs, bounded=False)]))
            inputs = group.outputs
    stages = [Convolution(Shape(3, _STEM, 3, 2)), *blocks, Convolution(Shape(inputs, _LAST))]
    layout = sum(group.repeats for group in groups[: _LAYOUT_GROUP + 1])
    return DescriptorNetwork(stages, (_LAST, groups[_LAYOUT_GROUP].outputs), layout, dims)


def resnet10(dims: int, width: int = 48) -> DescriptorNetwork:
    """A residual network of four dense blocks (2.7 million parameters without the head)."""
    stages: list[nn.Module] = [Convolution(Shape(3, width, 3, 2)), Convolution(Shape(width, width, 3, 2))]
    inputs = width
    for outputs in (width, 2 * width, 4 * width, 8 * width):
        stride = 1 if outputs == inputs else 2
        shortcut = Shape(inputs, outputs, 1 if stride == 1 else 3, stride, bounded=False)
        shapes = [Shape(inputs, outputs, 3, stride), Shape(outputs, outputs, 3, bounded=False)]
        stages.append(Block(shapes, shortcut=shortcut))
        inputs = outputs
    return DescriptorNetwork(stages, (inputs, 4 * width), 4, dims)


NETWORKS: dict[str, Callable[[int], DescriptorNetwork]] = {
    "mobilenet_v2": mobilenet_v2,
    "resnet10": resnet10,
    "efficientnet_lite0": efficientnet_lite0,
}
"""The networks that a recipe can name."""
