from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.descriptors import OnnxDescriptor
from copytrace.errors import DescriptorError
from tiny_networks import DIMS, SIDE, tiny_network, write_network

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.records import ByteArray


@pytest.fixture
def picture() -> ByteArray:
    return np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def test_the_network_is_given_pixels_with_the_cards_mean_and_deviation(
    tmp_path: Path, picture: ByteArray
) -> None:
    from onnx.reference import ReferenceEvaluator

    descriptor = OnnxDescriptor(write_network(tmp_path / "tiny"))
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    pixels = ((picture / 255 - mean) / std).transpose(2, 0, 1)[None].astype(np.float32)
    # The reference runtime of the ONNX project does not resize with antialiasing as ONNX Runtime does, so the
    # expected numbers come from the first two layers, which feed a hand-made grid of means.
    (filtered,) = ReferenceEvaluator(tiny_network()).run(["filtered"], {"pixels": pixels})
    assert filtered.shape == (1, 24, SIDE // 2, SIDE // 2)
    import onnxruntime

    session = onnxruntime.InferenceSession(tiny_network().SerializeToString())
    (expected,) = session.run(None, {"pixels": pixels})
    np.testing.assert_allclose(descriptor.describe([picture]), expected, atol=1e-5)


def test_mirrored_views_are_averaged(tmp_path: Path, picture: ByteArray) -> None:
    plain = OnnxDescriptor(write_network(tmp_path / "plain"))
    both = OnnxDescriptor(write_network(tmp_path / "both", views=["plain", "mirrored"]))
    one, other = plain.describe([picture, picture[:, ::-1]])
    mean = (one + other) / np.linalg.norm(one + other)
    assert np.abs(one - other).max() > 0.01
    np.testing.assert_allclose(both.describe([picture])[0], mean, atol=1e-6)


def test_a_quality_changes_what_the_card_says_it_changes(tmp_path: Path) -> None:
    qualities = {
        "fast": {"input": {"width": 16, "height": 16}, "threshold": 0.25},
        "best": {"views": ["mirrored"]},
    }
    folder = write_network(tmp_path / "tiny", qualities=qualities)
    fast, default = OnnxDescriptor(folder, "fast").card, OnnxDescriptor(folder).card
    assert (fast.input.width, fast.input.height, fast.threshold, fast.quality) == (16, 16, 0.25, "fast")
    assert (default.input.width, default.threshold, default.quality) == (SIDE, 0.5, "default")
    assert default.qualities == ("fast", "default", "best")
    with pytest.raises(DescriptorError, match="has no quality 'best'; it has: default"):
        OnnxDescriptor(write_network(tmp_path / "plain"), "best")


@pytest.mark.parametrize(
    ("model", "changes", "sentence"),
    [
        pytest.param({}, {"sha256": "0" * 64}, "has the SHA-256 .* its card says 0000", id="another digest"),
        pytest.param(
            {"height": 64},
            {},
            "takes pictures of any x 3 x 64 x any; its card says 1 x 3 x 32 x 32",
            id="size",
        ),
        pytest.param(
            {"height": SIDE, "width": SIDE},
            {"input": {"width": SIDE, "height": SIDE, "resize": "keep", "short_side": SIDE}},
            "its card says 1 x 3 x any x any",
            id="a fixed size where each picture keeps its shape",
        ),
    ],
)
def test_a_network_that_does_not_match_its_card_is_refused(
    tmp_path: Path, model: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    folder = write_network(tmp_path / "tiny", tiny_network(**model), **changes)
    with pytest.raises(DescriptorError, match=sentence):
        OnnxDescriptor(folder)


def test_a_network_of_other_dims_than_its_card_says_is_refused(tmp_path: Path, picture: ByteArray) -> None:
    folder = write_network(tmp_path / "tiny", tiny_network(100), dims=DIMS)
    with pytest.raises(DescriptorError, match="'tiny' returns 100 numbers; its card says 255 dims"):
        OnnxDescriptor(folder).describe([picture])


def test_a_file_that_is_not_a_network_is_explained(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "tiny")
    (folder / "model.onnx").write_bytes(b"Dear reader,")
    from copytrace.descriptors.onnx import file_digest

    card = (folder / "card.yaml").read_text().splitlines()
    digest = file_digest(folder / "model.onnx")
    (folder / "card.yaml").write_text(
        "\n".join(f"sha256: {digest}" if line.startswith("sha256") else line for line in card)
    )
    with pytest.raises(DescriptorError, match="is not a usable ONNX model"):
        OnnxDescriptor(folder)
    (folder / "model.onnx").unlink()
    with pytest.raises(DescriptorError, match="cannot be read: no such file"):
        OnnxDescriptor(folder)


def test_pictures_that_keep_their_shape_are_described(tmp_path: Path) -> None:
    inputs = {"width": SIDE, "height": SIDE, "resize": "keep", "short_side": SIDE}
    descriptor = OnnxDescriptor(write_network(tmp_path / "tiny", input=inputs))
    pictures = [np.zeros((SIDE, width, 3), np.uint8) for width in (32, 48, 100)]
    assert descriptor.describe(pictures).shape == (3, DIMS)
