"""Small networks with the interface of real ones, created when a test needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from copytrace.descriptors import quantised
from copytrace.descriptors.onnx import file_digest

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import ModelProto

DIMS = 255
SIDE = 32


def tiny_network(dims: int = DIMS, *, height: Any = "h", width: Any = "w", seed: int = 0) -> ModelProto:
    """A convolution, the mean over the picture, a matrix, and a vector of length 1; input (n, 3, h, w) named pixels."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(seed)
    weights = {
        "filters": rng.normal(size=(24, 3, 5, 5)).astype(np.float32),
        "matrix": rng.normal(size=(24 * 9, dims)).astype(np.float32),
        "shape": np.array([0, -1], np.int64),
        "cells": np.array([3, 3], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["pixels", "filters"], ["filtered"], strides=[2, 2], pads=[2, 2, 2, 2]),
        helper.make_node("Relu", ["filtered"], ["positive"]),
        # A 3 x 3 grid of means for any size, so that a picture and its mirror image differ.
        helper.make_node("Resize", ["positive", "", "", "sizes"], ["grid"], mode="linear", antialias=1),
        helper.make_node("Shape", ["positive"], ["counts"], end=2),
        helper.make_node("Concat", ["counts", "cells"], ["sizes"], axis=0),
        helper.make_node("Reshape", ["grid", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["raw"]),
        helper.make_node("LpNormalization", ["raw"], ["vectors"], axis=1, p=2),
    ]
    order = [0, 1, 3, 4, 2, 5, 6, 7]
    graph = helper.make_graph(
        [nodes[i] for i in order],
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, height, width])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", dims])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def card_fields(**changes: Any) -> dict[str, Any]:
    """The fields of a sound card for `tiny_network`."""
    return {
        "name": "tiny",
        "summary": "A network of a test",
        "dims": DIMS,
        "input": {"width": SIDE, "height": SIDE},
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "licence": "MIT",
        "origin": "made in a test",
        "threshold": 0.5,
        "threshold_source": "made up for a test",
    } | changes


def write_network(folder: Path, model: ModelProto | None = None, **changes: Any) -> Path:
    """Write `model.onnx` and `card.yaml` into a new folder; returns the folder."""
    folder.mkdir(parents=True)
    network = tiny_network(changes.get("dims", DIMS)) if model is None else model
    (folder / "model.onnx").write_bytes(network.SerializeToString())
    fields = card_fields(sha256=file_digest(folder / "model.onnx")) | changes
    (folder / "card.yaml").write_text(yaml.safe_dump(fields, sort_keys=False))
    return folder


def write_bank(folder: Path, rows: int = 50, dims: int = DIMS, seed: int = 1) -> Path:
    """Write a `background.npz` of random vectors as the author of a model would: only bank and scale."""
    vectors = np.random.default_rng(seed).normal(size=(rows, dims)).astype(np.float32)
    bank, scale = quantised(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    np.savez(folder / "background.npz", bank=bank, scale=scale)
    return folder / "background.npz"


def tiny_finder(sides: tuple[int, int, int, int], *, strips: int = 16, sure: float = 20.0) -> ModelProto:
    """Finds the same inset in every picture: first and last column, first and last row.

    Its output depends on a pixel only formally, so that it is a network; `sure` is the score of the inset.
    """
    from onnx import TensorProto, helper, numpy_helper

    scores = np.zeros((1, 4, strips), np.float32)
    scores[0, np.arange(4), sides] = sure
    tensors = {"scores_": scores, "nothing": np.zeros(1, np.float32), "axes": np.array([1, 2, 3], np.int64)}
    nodes = [
        helper.make_node("ReduceMean", ["pixels", "axes"], ["mean"], keepdims=1),
        helper.make_node("Mul", ["mean", "nothing"], ["none"]),
        helper.make_node("Squeeze", ["none", "last"], ["flat"]),
        helper.make_node("Add", ["flat", "scores_"], ["scores"]),
    ]
    tensors["last"] = np.array([3], np.int64)
    graph = helper.make_graph(
        nodes,
        "finder",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 4, strips])],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def write_finder(folder: Path, finder: ModelProto, **changes: Any) -> Path:
    """Write `inset.onnx` into a network's folder, and name it in its card; returns the folder."""
    file = folder / "inset.onnx"
    file.write_bytes(finder.SerializeToString())
    card = folder / "card.yaml"
    inset = {"side": SIDE, "certainty": 0.5, "most": 0.8, "sha256": file_digest(file)} | changes
    fields = yaml.safe_load(card.read_text()) | {"inset": inset}
    card.write_text(yaml.safe_dump(fields, sort_keys=False))
    return folder
