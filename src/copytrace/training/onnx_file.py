"""Writes a folded descriptor network as an ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.training.network import LAYOUT_CELLS, Block, Convolution, DescriptorNetwork
from copytrace.training.onnx_graph import Graph

if TYPE_CHECKING:
    from torch import nn

PIXELS, VECTORS = "pixels", "vectors"

_LEAST = 1e-4
_SHORTEST = 1e-12


def onnx_bytes(network: DescriptorNetwork, about: dict[str, str]) -> bytes:
    """The network as the bytes of an ONNX file.

    Args:
        network: folded; see `folding.folded`.
        about: metadata of the file.

    Returns:
        A model from `pixels` (n, 3, h, w) float32, normalised, to `vectors` (n, dims) float32 of length 1.
    """
    graph = _Graph()
    graph.network(network)
    return graph.file(
        "descriptor",
        (PIXELS, ["n", 3, "h", "w"]),
        (VECTORS, ["n", network.project.out_features]),
        about,
    )


class _Graph(Graph):
    """The nodes of a descriptor's network, of nine kinds."""

    def network(self, network: DescriptorNetwork) -> None:
        value, cells = PIXELS, ""
        for number, stage in enumerate(network.stages):
            value = self._stage(f"stages.{number}", stage, value)
            if number == network.layout:
                cells = self._over_cells(value)
        pooled = self._generalised_mean(value, float(network.pool.p.detach()))
        features = self.node("Concat", [pooled, cells], axis=1)
        weight = self.tensor("project.weight", network.project.weight)
        bias = self.tensor("project.bias", network.project.bias)
        projected = self.node("Gemm", [features, weight, bias], transB=1)
        length = self.node("ReduceL2", [projected, self.whole("axes.1", [1])], keepdims=1)
        bounded = self.node("Max", [length, self.number("shortest", _SHORTEST)])
        self.node("Div", [projected, bounded], output=VECTORS)

    def _stage(self, name: str, stage: nn.Module, value: str) -> str:
        if isinstance(stage, Block):
            return self._block(name, stage, value)
        if isinstance(stage, Convolution):
            return self._convolution(name, stage, value)
        raise TypeError(f"cannot write ONNX for {type(stage).__name__}")

    def _block(self, name: str, block: Block, value: str) -> str:
        inner = value
        for number, layer in enumerate(block.layers):
            inner = self._stage(f"{name}.layers.{number}", layer, inner)
        if not block.residual:
            return inner
        shortcut = value if block.shortcut is None else self._stage(f"{name}.shortcut", block.shortcut, value)
        return self.node("Add", [inner, shortcut])

    def _convolution(self, name: str, layer: Convolution, value: str) -> str:
        convolution = layer.convolution
        weight = self.tensor(f"{name}.convolution.weight", convolution.weight)
        bias = self.tensor(f"{name}.convolution.bias", convolution.bias)
        before, after = layer.pad[0], layer.pad[0] + layer.pad[1]
        value = self.node(
            "Conv",
            [value, weight, bias],
            kernel_shape=list(convolution.kernel_size),
            strides=list(convolution.stride),
            pads=[before, before, after, after],
            group=convolution.groups,
        )
        if not layer.bounded:
            return value
        return self.node("Clip", [value, self.number("zero", 0.0), self.number("six", 6.0)])

    def _generalised_mean(self, value: str, power: float) -> str:
        value = self.node("Clip", [value, self.number("least", _LEAST)])
        raised = self.node("Pow", [value, self.number("pool.p", power)])
        mean = self._mean(raised)
        return self.node("Pow", [mean, self.number("pool.root", 1 / power)])

    def _over_cells(self, value: str) -> str:
        quarters = [part for half in self._halves(value, 2) for part in self._halves(half, 3)]
        return self.node("Concat", [self._mean(quarter) for quarter in quarters], axis=1)

    def _halves(self, value: str, axis: int) -> list[str]:
        return self.split([value], LAYOUT_CELLS, axis=axis, num_outputs=LAYOUT_CELLS)

    def _mean(self, value: str) -> str:
        """(n, c, h, w) to (n, c)."""
        return self.node("ReduceMean", [value, self.whole("axes.23", [2, 3])], keepdims=0)
