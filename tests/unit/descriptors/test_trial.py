"""An untrusted network is tried in a limited process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.descriptors import load_descriptor, trial
from copytrace.engines.limited import LimitedError, Limits, call_limited
from copytrace.errors import DescriptorError
from tiny_networks import DIMS, SIDE, write_network

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import ModelProto, NodeProto

pytest.importorskip("onnx")


@pytest.fixture(autouse=True)
def _untried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(trial._TRIED, raising=False)


def _network(nodes: list[NodeProto], **constants: np.ndarray) -> ModelProto:
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        nodes,
        "hostile",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", DIMS])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _failing() -> ModelProto:
    """Reshapes to an impossible shape, which only the kernel notices."""
    from onnx import helper

    nodes = [
        helper.make_node("NonZero", ["pixels"], ["places"]),
        helper.make_node("Cast", ["places"], ["floats"], to=1),
        helper.make_node("Reshape", ["floats", "shape"], ["vectors"]),
    ]
    return _network(nodes, shape=np.array([1, DIMS], np.int64))


def _endless() -> ModelProto:
    """Adds one until a 64-bit counter ends."""
    from onnx import TensorProto, helper

    body = helper.make_graph(
        [
            helper.make_node("Add", ["before", "one"], ["after"]),
            helper.make_node("Identity", ["go"], ["on"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, [1, DIMS]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, [1, DIMS]),
        ],
    )
    nodes = [helper.make_node("Loop", ["turns", "yes", "start"], ["vectors"], body=body)]
    return _network(
        nodes,
        turns=np.array(2**62, np.int64),
        yes=np.array(True),  # noqa: FBT003 - the value of a tensor
        start=np.zeros((1, DIMS), np.float32),
        one=np.ones((1, DIMS), np.float32),
    )


def test_a_network_whose_kernel_fails_is_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "net", _failing())
    with pytest.raises(DescriptorError, match="The network of 'tiny' fails on a picture: "):
        load_descriptor(str(folder))


def test_a_network_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 3)
    folder = write_network(tmp_path / "net", _endless())
    with pytest.raises(DescriptorError, match="a trial on a black picture took longer than 3 seconds"):
        load_descriptor(str(folder))


def test_a_network_is_tried_once_and_not_by_each_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_network(tmp_path / "net")
    load_descriptor(str(folder))
    monkeypatch.setattr(trial, "call_limited", None)
    load_descriptor(str(folder))


def test_files_that_need_too_much_memory_or_crash_are_reported() -> None:
    with pytest.raises(LimitedError, match="needed more than 500,000,000 bytes of memory"):
        call_limited(bytearray, 1 << 30, limits=Limits(memory=500_000_000), seconds=60)
    with pytest.raises(LimitedError, match="crashed"):
        call_limited(os.abort, limits=Limits(memory=1 << 30), seconds=60)
