"""ONNX graphs, written node by node, with 16-bit weights that are widened when the file is loaded.

Tensors keep their names in the network (so that training can continue from a file), and the same weights give the same
file.

torch.onnx.export gives the same vectors to the last bit, but adds separate padding nodes before each convolution of
stride 2. These keep ONNX Runtime from its fastest layout: MobileNetV2 at 128 px took 5.9 ms instead of 3.5 on one core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

OPSET = 18


class Graph:
    """Collects nodes and tensors; methods take and return names of values."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def file(
        self,
        name: str,
        taken: tuple[str, Sequence[Any]],
        given: tuple[str, Sequence[Any]],
        about: dict[str, str],
    ) -> bytes:
        """The bytes of an ONNX file.

        Args:
            name: name of the graph.
            taken: name and shape of its input; a text stands for any size.
            given: name and shape of its output.
            about: metadata of the file.
        """
        from onnx import TensorProto, checker, helper

        begin, end = (
            [helper.make_tensor_value_info(value, TensorProto.FLOAT, shape)]
            for value, shape in (taken, given)
        )
        made = helper.make_graph(self.nodes, name, begin, end, self.tensors)
        model = helper.make_model(
            made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="copytrace"
        )
        model.ir_version = 9
        helper.set_model_props(model, about)
        checker.check_model(model)
        return bytes(model.SerializeToString())

    def node(self, kind: str, inputs: list[str], *, output: str | None = None, **attributes: Any) -> str:  # noqa: ANN401
        """Add a node; return the name of its value."""
        from onnx import helper

        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def tensor(self, name: str, tensor: Tensor | None) -> str:
        """Add a tensor in 16 bits; a node that ONNX Runtime computes once widens it."""
        from onnx import TensorProto, helper, numpy_helper

        if tensor is None:
            raise TypeError(f"{name}: expected a folded network, with biases everywhere")
        self.tensors.append(numpy_helper.from_array(tensor.detach().numpy().astype(np.float16), name))
        wide = f"{name}.wide"
        self.nodes.append(helper.make_node("Cast", [name], [wide], to=TensorProto.FLOAT))
        return wide

    def split(self, inputs: list[str], count: int, **attributes: Any) -> list[str]:  # noqa: ANN401
        """Add a node that splits a value; return the names of its parts."""
        from onnx import helper

        outputs = [f"v{len(self.nodes)}.{part}" for part in range(count)]
        self.nodes.append(helper.make_node("Split", inputs, outputs, **attributes))
        return outputs

    def number(self, name: str, value: float) -> str:
        """A number in 32 bits."""
        return self._constant(name, np.array(value, np.float32))

    def numbers(self, name: str, values: list[float]) -> str:
        """Numbers in 32 bits, such as scales."""
        return self._constant(name, np.array(values, np.float32))

    def whole(self, name: str, values: list[int]) -> str:
        """Whole numbers, such as axes."""
        return self._constant(name, np.array(values, np.int64))

    def _constant(self, name: str, value: Any) -> str:  # noqa: ANN401 - an array of either kind
        from onnx import numpy_helper

        if all(tensor.name != name for tensor in self.tensors):
            self.tensors.append(numpy_helper.from_array(value, name))
        return name
