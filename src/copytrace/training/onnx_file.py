"""Writes a folded network as an ONNX file with weights in 16 bits, which are widened when it is loaded.

The graph is written node by node: there are nine kinds of nodes, tensors keep the names that the network has for
them (so that training can go on from the file), and the file is the same for the same weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.training.network import LAYOUT_CELLS, Block, Convolution, Network

if TYPE_CHECKING:
    from torch import Tensor, nn

OPSET = 18
PIXELS, VECTORS = "pixels", "vectors"

_LEAST = 1e-4
_SHORTEST = 1e-12


def onnx_bytes(network: Network, about: dict[str, str]) -> bytes:
    """The network as the bytes of an ONNX file.

    Args:
        network: folded; see `folding.folded`.
        about: what the file says of itself.

    Returns:
        A model from `pixels` (n, 3, h, w) float32, normalised, to `vectors` (n, dims) float32 of length 1.
    """
    from onnx import TensorProto, checker, helper

    graph = _Graph()
    graph.network(network)
    made = helper.make_graph(
        graph.nodes,
        "descriptor",
        [helper.make_tensor_value_info(PIXELS, TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info(VECTORS, TensorProto.FLOAT, ["n", network.project.out_features])],
        graph.tensors,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="copytrace")
    model.ir_version = 9
    helper.set_model_props(model, about)
    checker.check_model(model)
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes and tensors as they are added; methods take and give names of values."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def network(self, network: Network) -> None:
        value, cells = PIXELS, ""
        for number, stage in enumerate(network.stages):
            value = self._stage(f"stages.{number}", stage, value)
            if number == network.layout:
                cells = self._over_cells(value)
        pooled = self._generalised_mean(value, float(network.pool.p.detach()))
        features = self._node("Concat", [pooled, cells], axis=1)
        weight = self._tensor("project.weight", network.project.weight)
        bias = self._tensor("project.bias", network.project.bias)
        projected = self._node("Gemm", [features, weight, bias], transB=1)
        length = self._node("ReduceL2", [projected, self._whole("axes.1", [1])], keepdims=1)
        bounded = self._node("Max", [length, self._number("shortest", _SHORTEST)])
        self._node("Div", [projected, bounded], output=VECTORS)

    def _stage(self, name: str, stage: nn.Module, value: str) -> str:
        if isinstance(stage, Block):
            return self._block(name, stage, value)
        if isinstance(stage, Convolution):
            return self._convolution(name, stage, value)
        raise TypeError(f"no ONNX is written for {type(stage).__name__}")

    def _block(self, name: str, block: Block, value: str) -> str:
        inner = value
        for number, layer in enumerate(block.layers):
            inner = self._stage(f"{name}.layers.{number}", layer, inner)
        if not block.residual:
            return inner
        shortcut = value if block.shortcut is None else self._stage(f"{name}.shortcut", block.shortcut, value)
        return self._node("Add", [inner, shortcut])

    def _convolution(self, name: str, layer: Convolution, value: str) -> str:
        convolution = layer.convolution
        weight = self._tensor(f"{name}.convolution.weight", convolution.weight)
        bias = self._tensor(f"{name}.convolution.bias", convolution.bias)
        before, after = layer.pad[0], layer.pad[0] + layer.pad[1]
        value = self._node(
            "Conv",
            [value, weight, bias],
            kernel_shape=list(convolution.kernel_size),
            strides=list(convolution.stride),
            pads=[before, before, after, after],
            group=convolution.groups,
        )
        if not layer.bounded:
            return value
        return self._node("Clip", [value, self._number("zero", 0.0), self._number("six", 6.0)])

    def _generalised_mean(self, value: str, power: float) -> str:
        value = self._node("Clip", [value, self._number("least", _LEAST)])
        raised = self._node("Pow", [value, self._number("pool.p", power)])
        mean = self._mean(raised)
        return self._node("Pow", [mean, self._number("pool.root", 1 / power)])

    def _over_cells(self, value: str) -> str:
        quarters = [part for half in self._halves(value, 2) for part in self._halves(half, 3)]
        return self._node("Concat", [self._mean(quarter) for quarter in quarters], axis=1)

    def _halves(self, value: str, axis: int) -> list[str]:
        from onnx import helper

        outputs = [f"v{len(self.nodes)}.{part}" for part in range(LAYOUT_CELLS)]
        self.nodes.append(helper.make_node("Split", [value], outputs, axis=axis, num_outputs=LAYOUT_CELLS))
        return outputs

    def _mean(self, value: str) -> str:
        """(n, c, h, w) to (n, c)."""
        return self._node("ReduceMean", [value, self._whole("axes.23", [2, 3])], keepdims=0)

    def _node(self, kind: str, inputs: list[str], *, output: str | None = None, **attributes: Any) -> str:  # noqa: ANN401
        from onnx import helper

        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _tensor(self, name: str, tensor: Tensor | None) -> str:
        """A tensor kept in 16 bits; its value is widened by a node that ONNX Runtime computes once."""
        from onnx import TensorProto, helper, numpy_helper

        if tensor is None:
            raise TypeError(f"{name}: a folded network has biases everywhere")
        self.tensors.append(numpy_helper.from_array(tensor.detach().numpy().astype(np.float16), name))
        wide = f"{name}.wide"
        self.nodes.append(helper.make_node("Cast", [name], [wide], to=TensorProto.FLOAT))
        return wide

    def _number(self, name: str, value: float) -> str:
        return self._constant(name, np.array(value, np.float32))

    def _whole(self, name: str, values: list[int]) -> str:
        return self._constant(name, np.array(values, np.int64))

    def _constant(self, name: str, value: Any) -> str:  # noqa: ANN401 - an array of either kind
        from onnx import numpy_helper

        if all(tensor.name != name for tensor in self.tensors):
            self.tensors.append(numpy_helper.from_array(value, name))
        return name
