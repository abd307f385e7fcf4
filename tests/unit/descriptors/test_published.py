"""Published models: their cards, and the conversion of weights with the same interface."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.descriptors.network import NetworkCard, Published
from copytrace.descriptors.published import published_card, published_names
from copytrace.errors import DescriptorError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALVES = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
SSCD = "https://dl.fbaipublicfiles.com/sscd-copy-detection/"
ISC = "https://github.com/lyakaap/ISC21-Descriptor-Track-1st/releases/download/v1.0.1/"
DINO = "https://dl.fbaipublicfiles.com/dinov2/"

# name -> dims, (width, height, resize, shorter side, bicubic), (mean, std), address; from the authors' pages.
TRUE: dict[str, tuple[int, tuple[int, int, str, int, bool], object, str]] = {
    **{
        name: (dims, (320, 320, "squash", 0, False), IMAGENET, f"{SSCD}{name}.torchscript.pt")
        for name, dims in {
            "sscd_disc_mixup": 512,
            "sscd_disc_advanced": 512,
            "sscd_disc_blur": 512,
            "sscd_disc_large": 1024,
            "sscd_imagenet_mixup": 512,
            "sscd_imagenet_advanced": 512,
            "sscd_imagenet_blur": 512,
        }.items()
    },
    "isc_ft_v107": (256, (512, 512, "squash", 0, False), HALVES, f"{ISC}isc_ft_v107.pth.tar"),
    "isc_selfsup_v98": (256, (512, 512, "squash", 0, False), HALVES, f"{ISC}isc_selfsup_v98.pth.tar"),
    "dinov2_vits14": (
        384,
        (224, 224, "crop", 256, True),
        IMAGENET,
        f"{DINO}dinov2_vits14/dinov2_vits14_pretrain.pth",
    ),
    "dinov2_vitb14": (
        768,
        (224, 224, "crop", 256, True),
        IMAGENET,
        f"{DINO}dinov2_vitb14/dinov2_vitb14_pretrain.pth",
    ),
    "copynce_vits16": (512, (224, 224, "squash", 0, True), IMAGENET, ""),
}


@pytest.mark.parametrize("name", sorted(TRUE))
def test_a_card_has_the_authors_numbers_and_address(name: str) -> None:
    dims, size, normal, address = TRUE[name]
    network = published_card(name)
    wanted = network.card.input
    assert network.card.name == name
    assert network.card.dims == dims
    assert (wanted.width, wanted.height, wanted.resize, wanted.short_side, wanted.bicubic) == size
    assert wanted.exact
    assert (network.mean, network.std) == normal
    assert network.published is not None
    assert network.published.address == address


def test_every_card_is_looked_at_and_none_claims_a_digest_that_nobody_computed() -> None:
    assert set(published_names()) == set(TRUE)
    assert not any(published_card(name).card.sha256 for name in published_names())


def card(folder: Path, side: int, dims: int, form: str, network: str = "") -> NetworkCard:
    import yaml

    from copytrace.descriptors import read_card
    from tiny_networks import card_fields

    published = {"page": "a test", "form": form} | ({"network": network} if network else {})
    fields = card_fields(dims=dims, input={"width": side, "height": side}, published=published)
    (folder / "card.yaml").write_text(yaml.safe_dump(fields))
    return read_card(folder / "card.yaml")


def converted(file: Path, network: NetworkCard) -> Callable[[Any], Any]:
    """Convert; returns a function that runs the ONNX file on (1, 3, h, w)."""
    import onnxruntime

    from copytrace.descriptors.published.convert import convert

    assert network.published is not None
    output = file.with_name("model.onnx")
    convert(file, network, network.published, output)
    session = onnxruntime.InferenceSession(output)
    return lambda picture: session.run(None, {"pixels": picture})[0]


def picture(side: int) -> Any:
    return np.random.default_rng(5).normal(size=(1, 3, side, side)).astype(np.float32)


# The models of SSCD are TorchScript, which torch has deprecated.
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.needs("torch")
class TestConversion:
    @pytest.mark.parametrize("kind", ["traced", "scripted"])
    def test_torchscript_as_sscd_publishes_it(self, tmp_path: Path, kind: str) -> None:
        import torch

        class Descriptor(torch.nn.Module):
            """Features, generalised-mean pooling over any size, a matrix, length 1: the structure of SSCD."""

            def __init__(self) -> None:
                super().__init__()
                self.trunk = torch.nn.Conv2d(3, 8, 3)
                self.matrix = torch.nn.Linear(8, 512)

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                x = self.trunk(x).clamp(min=1e-6).pow(3.0)
                x = torch.nn.functional.avg_pool2d(x, (x.size(-2), x.size(-1))).pow(1.0 / 3)
                return torch.nn.functional.normalize(self.matrix(x.flatten(1)))

        module = Descriptor().eval()
        example = torch.zeros(1, 3, 40, 40)
        made = torch.jit.trace(module, example) if kind == "traced" else torch.jit.script(module)
        made.save(str(tmp_path / "model.pt"))
        run = converted(tmp_path / "model.pt", card(tmp_path, 40, 512, "torchscript"))
        expected = module(torch.from_numpy(picture(40))).detach().numpy()
        np.testing.assert_allclose(run(picture(40)), expected, atol=1e-3)

    @pytest.mark.parametrize("scaled", [True, False], ids=["DINOv2", "DINO"])
    def test_a_vision_transformer_is_torchs_own_with_the_same_weights(
        self, tmp_path: Path, *, scaled: bool
    ) -> None:
        import torch

        from copytrace.descriptors.published.vit import build_vit

        torch.manual_seed(0)
        dims, depth = 128, 2
        layers = [
            torch.nn.TransformerEncoderLayer(
                dims,
                2,
                4 * dims,
                dropout=0,
                activation="gelu",
                layer_norm_eps=1e-6,
                batch_first=True,
                norm_first=True,
            ).eval()
            for _ in range(depth)
        ]
        weights = _dino_weights(layers, dims, grid=4, scaled=scaled)
        x = torch.from_numpy(picture(32))
        patches = torch.nn.functional.conv2d(
            x, weights["patch_embed.proj.weight"], weights["patch_embed.proj.bias"], stride=8
        )
        tokens = (
            torch.cat((weights["cls_token"], patches.flatten(2).transpose(1, 2)), dim=1)
            + weights["pos_embed"]
        )
        for layer in layers:
            tokens = layer(tokens)
        expected = torch.nn.functional.layer_norm(
            tokens, (dims,), weights["norm.weight"], weights["norm.bias"], 1e-6
        )[:, 0]
        # Scales of 1 change nothing, but must be found.
        torch.testing.assert_close(build_vit(weights).eval()(x), expected, atol=1e-5, rtol=1e-4)
        torch.save(weights, tmp_path / "weights.pth")
        run = converted(tmp_path / "weights.pth", card(tmp_path, 32, dims, "state-dict", "vit"))
        np.testing.assert_allclose(run(x.numpy()), expected.detach().numpy(), atol=1e-3)

    def test_copynce_is_the_encoder_without_its_last_norm_and_a_linear_head(self, tmp_path: Path) -> None:
        import torch

        torch.manual_seed(1)
        encoder = _dino_weights([torch.nn.TransformerEncoderLayer(64, 1, 256)], 64, grid=4, scaled=False)
        weights = {
            f"module.encoder.{name}": value for name, value in encoder.items() if not name.startswith("norm.")
        }
        head = {
            "fc1.weight": torch.randn(96, 64),
            "bn.weight": torch.rand(96) + 0.5,
            "bn.bias": torch.randn(96),
            "bn.running_mean": torch.randn(96),
            "bn.running_var": torch.rand(96) + 0.5,
            "bn.num_batches_tracked": torch.tensor(7),
        }
        weights |= {f"module.heads.linear_head.{name}": value for name, value in head.items()}
        held = {"model": weights, "epoch": 30, "args": argparse.Namespace(lr=0.1)}
        torch.save(held, tmp_path / "descriptor_vits_224.pth.tar")
        # A size that differs from the weights' grid of positions, so the positions are interpolated.
        network = card(tmp_path, 48, 96, "state-dict", "vit")
        assert converted(tmp_path / "descriptor_vits_224.pth.tar", network)(picture(48)).shape == (1, 96)

    def test_the_winners_network_is_the_mean_of_its_last_features_through_a_matrix_and_a_norm(self) -> None:
        import torch

        from copytrace.descriptors.published.isc21 import Isc21

        class Trunk(torch.nn.Module):
            def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
                return [x, x.repeat(1, 2, 1, 1).abs()]

        torch.manual_seed(2)
        network = Isc21(Trunk(), {"fc.weight": torch.zeros(5, 6)}).eval()
        x = torch.from_numpy(picture(16))
        means = x.repeat(1, 2, 1, 1).abs().clamp(min=1e-6).mean(dim=(2, 3))
        expected = (means @ network.fc.weight.T) / (1 + network.bn.eps) ** 0.5
        torch.testing.assert_close(network(x), expected)
        names = {
            "fc.weight",
            "bn.weight",
            "bn.bias",
            "bn.running_mean",
            "bn.running_var",
            "bn.num_batches_tracked",
        }
        assert set(network.state_dict()) == names

    def test_a_pickle_that_would_run_code_is_refused_unrun(self, tmp_path: Path) -> None:
        import pickle

        mark = tmp_path / "ran"
        (tmp_path / "weights.pth").write_bytes(pickle.dumps(_Hostile(str(mark))))
        with pytest.raises(DescriptorError, match="not a state dict that can be read without running code"):
            converted(tmp_path / "weights.pth", card(tmp_path, 32, 8, "state-dict", "vit"))
        assert not mark.exists()

    @pytest.mark.parametrize(
        ("held", "network", "sentence"),
        [
            ([1, 2], "vit", "contains no state dict"),
            ({"a": 1}, "vit", "contains no state dict"),
            ({}, "vit", "does not contain the weights of a network 'vit'"),
            ({}, "resnet", "names the network 'resnet' for the weights; available: vit, isc21"),
        ],
        ids=["a list", "numbers", "no tensors", "an unknown network"],
    )
    def test_other_files_are_explained(
        self, tmp_path: Path, held: object, network: str, sentence: str
    ) -> None:
        import torch

        torch.save(held, tmp_path / "weights.pth")
        with pytest.raises(DescriptorError, match=sentence):
            converted(tmp_path / "weights.pth", card(tmp_path, 32, 8, "state-dict", network))

    def test_a_file_other_than_torchscript_is_explained(self, tmp_path: Path) -> None:
        (tmp_path / "model.pt").write_bytes(b"Dear reader,")
        with pytest.raises(DescriptorError, match="is not a TorchScript archive"):
            converted(tmp_path / "model.pt", card(tmp_path, 32, 8, "torchscript"))

    def test_a_network_of_other_dims_than_the_card_says_is_refused(self, tmp_path: Path) -> None:
        import torch

        module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 8 * 8, 9))
        torch.jit.trace(module, torch.zeros(1, 3, 8, 8)).save(str(tmp_path / "model.pt"))
        with pytest.raises(DescriptorError, match="returns 9 numbers; its card says 10 dims"):
            converted(tmp_path / "model.pt", card(tmp_path, 8, 10, "torchscript"))

    def test_the_winners_trunk_wants_timm(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        monkeypatch.setitem(sys.modules, "timm", None)

        torch.save({"state_dict": {"fc.weight": torch.zeros(4, 6)}}, tmp_path / "isc_ft_v107.pth.tar")
        with pytest.raises(MissingDependencyError, match="pip install timm"):
            converted(tmp_path / "isc_ft_v107.pth.tar", card(tmp_path, 32, 4, "state-dict", "isc21"))


@pytest.mark.needs("torch")
def test_pictures_that_keep_their_shape_cannot_be_converted(tmp_path: Path) -> None:
    from dataclasses import replace

    from copytrace.descriptors.published.convert import convert

    network = published_card("sscd_disc_mixup")
    keep = replace(network.card.input, resize="keep", short_side=288, width=288, height=288)
    changed = replace(network, card=replace(network.card, input=keep))
    with pytest.raises(DescriptorError, match="Choose 'squash' or 'crop'"):
        convert(tmp_path / "x.pt", changed, Published("", "", "", "torchscript", ""), tmp_path / "model.onnx")


class _Hostile:
    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path(self.mark),))  # type: ignore[return-value]


def _dino_weights(layers: list[Any], dims: int, *, grid: int, scaled: bool) -> dict[str, Any]:
    """The weights of torch's layers under the names of DINO, with a stem of random numbers."""
    import torch

    weights = {
        "cls_token": torch.randn(1, 1, dims),
        "pos_embed": torch.randn(1, 1 + grid * grid, dims),
        "mask_token": torch.zeros(1, dims),
        "patch_embed.proj.weight": torch.randn(dims, 3, 8, 8) / 8,
        "patch_embed.proj.bias": torch.randn(dims),
        "norm.weight": torch.rand(dims),
        "norm.bias": torch.randn(dims),
    }
    for number, layer in enumerate(layers):
        names = {
            "norm1.weight": layer.norm1.weight,
            "norm1.bias": layer.norm1.bias,
            "attn.qkv.weight": layer.self_attn.in_proj_weight,
            "attn.qkv.bias": torch.randn(3 * dims) * 0,
            "attn.proj.weight": layer.self_attn.out_proj.weight,
            "attn.proj.bias": layer.self_attn.out_proj.bias,
            "norm2.weight": layer.norm2.weight,
            "norm2.bias": layer.norm2.bias,
            "mlp.fc1.weight": layer.linear1.weight,
            "mlp.fc1.bias": layer.linear1.bias,
            "mlp.fc2.weight": layer.linear2.weight,
            "mlp.fc2.bias": layer.linear2.bias,
        }
        if scaled:
            names |= {"ls1.gamma": torch.ones(dims), "ls2.gamma": torch.ones(dims)}
        weights |= {f"blocks.{number}.{name}": value.detach() for name, value in names.items()}
    return weights
