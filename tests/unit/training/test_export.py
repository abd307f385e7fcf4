from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest
import torch

from copytrace.errors import InputError
from copytrace.progress import SILENT
from copytrace.training.calibrate import Quality, calibrate
from copytrace.training.folding import folded, pair_whitening, whitened, whitening
from copytrace.training.network import NETWORKS, DescriptorNetwork
from copytrace.training.onnx_file import onnx_bytes
from copytrace.training.recipe import TrainingRecipe
from copytrace.training.run import split_photos
from copytrace.training.start import freeze, read_weights, start_from

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.records import ByteArray
    from copytrace.training.photos import Photos

pytestmark = pytest.mark.needs("torch")


def _pictures(side: int = 96) -> torch.Tensor:
    return torch.rand(4, 3, side, side, generator=torch.Generator().manual_seed(2)) * 2 - 1


@torch.no_grad()
def test_a_folded_network_gives_the_same_vectors(network: DescriptorNetwork) -> None:
    assert torch.allclose(folded(network)(_pictures()), network(_pictures()), atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("side", [64, 96, 160])
def test_the_exported_file_gives_the_vectors_of_torch(network: DescriptorNetwork, side: int) -> None:
    plain = folded(network)
    session = onnxruntime.InferenceSession(onnx_bytes(plain, {"name": "test"}))
    [vectors] = session.run(None, {"pixels": _pictures(side).numpy()})
    assert np.abs(vectors - plain(_pictures(side)).numpy()).max() < 1e-3


def test_the_same_weights_give_the_same_file(network: DescriptorNetwork) -> None:
    assert onnx_bytes(folded(network), {"name": "a"}) == onnx_bytes(folded(network), {"name": "a"})


def test_whitening_makes_white(rng: np.random.Generator) -> None:
    vectors = (rng.normal(size=(500, 6)) * [1, 2, 3, 4, 5, 6] + 7).astype(np.float32)
    matrix, mean = whitening(vectors, shrinkage=0.0)
    spread = np.cov(((vectors - mean) @ matrix.T).T)
    assert np.allclose(spread, np.eye(6) * spread[0, 0], atol=1e-3 * spread[0, 0])


def test_full_shrinkage_turns_and_changes_no_distance(rng: np.random.Generator) -> None:
    vectors = (rng.normal(size=(200, 5)) * [1, 2, 3, 4, 5]).astype(np.float32)
    matrix, mean = whitening(vectors, shrinkage=1.0)
    turned = (vectors - mean) @ matrix.T
    assert np.allclose(
        np.linalg.norm(turned[0] - turned[1]), np.linalg.norm(vectors[0] - vectors[1]), rtol=1e-4
    )


def test_pair_whitening_evens_out_what_edits_change(rng: np.random.Generator) -> None:
    photographs = rng.normal(size=(900, 4)).astype(np.float32)
    edited = photographs + (rng.normal(size=(900, 4)) * [0.1, 0.2, 0.4, 0.8]).astype(np.float32)
    matrix, mean = pair_whitening(photographs, edited, shrinkage=0.0)
    change = (edited - mean) @ matrix.T - (photographs - mean) @ matrix.T
    spreads = np.sqrt((change**2).mean(axis=0))
    assert spreads == pytest.approx(spreads.mean(), rel=0.05)


@torch.no_grad()
def test_whitening_folds_into_the_last_layer(network: DescriptorNetwork) -> None:
    plain = folded(network)
    projected = plain.projected(_pictures()).numpy()
    matrix, mean = whitening(np.random.default_rng(0).normal(size=(99, 16)).astype(np.float32), 0.1)
    expected = (projected - mean) @ matrix.T
    assert np.allclose(whitened(plain, matrix, mean).projected(_pictures()).numpy(), expected, atol=1e-4)


@torch.no_grad()
def test_starting_from_a_file_changes_no_vector_in_evaluation_or_in_training(
    network: DescriptorNetwork, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    plain = folded(network)
    path.write_bytes(onnx_bytes(plain, {"name": "test"}))
    again = next(make for make in NETWORKS.values() if _same_kind(make(16), network))(16)
    batch = torch.rand(16, 3, 64, 64) * 2 - 1
    start_from(again, read_weights(path), 2, batch)
    assert torch.allclose(again.eval()(batch), plain(batch), atol=2e-3)
    again.train()
    assert torch.allclose(again(batch), plain(batch), atol=5e-2)


def _same_kind(one: DescriptorNetwork, other: DescriptorNetwork) -> bool:
    return one.state_dict().keys() == other.state_dict().keys()


def test_weights_of_another_network_are_refused(network: DescriptorNetwork) -> None:
    with pytest.raises(InputError, match=r"00\.weight"):
        start_from(network, {"00.weight": torch.zeros(1)}, 0, torch.zeros(2, 3, 64, 64))
    with pytest.raises(InputError, match="lack"):
        start_from(network, {"other": torch.zeros(1)}, 0, torch.zeros(2, 3, 64, 64))


@pytest.mark.parametrize("name", ["w.onnx", "w.npz", "w.npy", "w.txt"])
@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04garbage", b"\x93NUMPY\x01\x00v\x00{", bytes(range(256))]
)
def test_a_file_without_weights_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: contains no weights. Use a model.onnx"):
        read_weights(tmp_path / name)


def test_a_file_that_does_not_exist_is_said_to_be_so(tmp_path: Path) -> None:
    for name in ("missing.onnx", "missing.npz"):
        with pytest.raises(InputError, match=f"{name}: No such file"):
            read_weights(tmp_path / name)


@torch.no_grad()
def test_frozen_stages_give_the_same_features_a_few_at_a_time(network: DescriptorNetwork) -> None:
    pictures = torch.rand(20, 3, 64, 64, generator=torch.Generator().manual_seed(4)) * 2 - 1
    learning = network(pictures)
    freeze(network, 3)
    assert torch.allclose(network(pictures), learning, atol=1e-5)


def test_stages_that_are_pooled_cannot_be_frozen(network: DescriptorNetwork) -> None:
    with pytest.raises(InputError, match="at most"):
        freeze(network, network.layout + 1)


def test_what_is_judged_is_what_a_model_describes(photos: Photos) -> None:
    class Black:
        def part(self, picture: ByteArray) -> ByteArray:
            return np.zeros_like(picture)

    torch.manual_seed(1)
    recipe, network = TrainingRecipe("resnet10", sizes=((0.0, 32),)), NETWORKS["resnet10"](16)
    qualities = {"default": Quality(32), "best": Quality(32, companion=Black())}
    split = split_photos(len(photos), 0)
    judged = calibrate(network, photos, split, qualities, recipe, progress=SILENT).qualities
    assert {name: each.figures.recall_at_p90 for name, each in judged.items()} == {"default": 1, "best": 0}
