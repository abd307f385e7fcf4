"""Requirements of every descriptor; a new one is tested as soon as it is registered."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.descriptors import DESCRIPTORS, Card, Choice, Descriptor, Model, load_descriptor, load_model
from copytrace.records import MAX_DIMS, ByteArray, Float32Array
from tiny_networks import write_bank, write_network

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

A_NETWORK = "a network with a background"

PARAMETERS = [
    *(
        pytest.param(
            (card.name, quality),
            id=f"{card.name}-{quality}",
            marks=pytest.mark.needs(card.extra) if card.extra else (),
        )
        for card, _ in DESCRIPTORS
        for quality in card.qualities
    ),
    *(pytest.param((A_NETWORK, quality), id=f"network-{quality}") for quality in ("fast", "default", "best")),
]


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    qualities = {"fast": {"input": {"width": 24, "height": 24}}, "best": {"views": ["plain", "mirrored"]}}
    folder = write_network(tmp_path_factory.mktemp("models") / "tiny", qualities=qualities)
    write_bank(folder)
    return folder


@pytest.fixture(params=PARAMETERS)
def choice(request: pytest.FixtureRequest, network: Path) -> Choice:
    name, quality = request.param
    return Choice(str(network) if name == A_NETWORK else name, quality)


@pytest.fixture
def model(choice: Choice) -> Model:
    return load_model(choice)


@pytest.fixture
def descriptor(choice: Choice) -> Descriptor:
    return load_descriptor(choice.model, choice.quality)


def pictures(card: Card, count: int) -> list[ByteArray]:
    """Smooth random pictures of the descriptor's input size: hashes of pure noise would mean nothing."""
    rng = np.random.default_rng(7)
    shape = (
        (card.input.height, card.input.width) if card.input.grey else (card.input.height, card.input.width, 3)
    )
    made = []
    for _ in range(count):
        coarse = rng.integers(0, 256, (8, 8, *shape[2:]), dtype=np.uint8)
        large = coarse.repeat(shape[0] // 8 + 1, axis=0).repeat(shape[1] // 8 + 1, axis=1)
        made.append(np.ascontiguousarray(large[: shape[0], : shape[1]]))
    return made


def test_vectors_are_float32_finite_and_have_the_dimensions_of_the_card(descriptor: Descriptor) -> None:
    vectors = descriptor.describe(pictures(descriptor.card, 3))
    assert vectors.shape == (3, descriptor.card.dims)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert descriptor.card.dims <= MAX_DIMS


def described(model: Model, batch: Sequence[ByteArray]) -> Float32Array:
    """Vectors, with the bias as a last column where there is one."""
    vectors, bias = model.describe(batch)
    return vectors if bias is None else np.column_stack((vectors, bias))


def test_an_image_is_described_independently_of_its_batch(model: Model) -> None:
    batch = pictures(model.card, 13)
    together = described(model, batch)
    order = np.random.default_rng(3).permutation(len(batch))
    shuffled = np.empty_like(together)
    shuffled[order] = described(model, [batch[i] for i in order])
    alone = np.concatenate([described(model, [picture]) for picture in batch])
    subset = described(model, batch[4:9])
    np.testing.assert_array_equal(shuffled, together)
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(subset, together[4:9])


def test_an_image_is_described_alike_in_processes_with_other_numbers_of_threads(
    choice: Choice, model: Model, tmp_path: Path
) -> None:
    batch = pictures(model.card, 5)
    np.savez(tmp_path / "batch.npz", *batch)
    script = (
        "import sys, numpy as np\n"
        "from copytrace.descriptors import Choice, load_model\n"
        "batch = list(np.load(sys.argv[1]).values())\n"
        "vectors, bias = load_model(Choice(sys.argv[2], sys.argv[3])).describe(batch)\n"
        "np.save(sys.argv[4], vectors if bias is None else np.column_stack((vectors, bias)))\n"
    )
    for threads in ("1", "7"):
        variables = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        arguments = (tmp_path / "batch.npz", choice.model, choice.quality, tmp_path / "vectors.npy")
        subprocess.run([sys.executable, "-c", script, *arguments], check=True, env=os.environ | variables)
        np.testing.assert_array_equal(np.load(tmp_path / "vectors.npy"), described(model, batch))


def test_a_fresh_model_gives_the_same_vectors(choice: Choice, model: Model) -> None:
    batch = pictures(model.card, 2)
    again = load_model(choice)
    again.describe(pictures(model.card, 5)[3:])
    np.testing.assert_array_equal(described(again, batch), described(model, batch))


def test_a_bias_is_a_finite_number_of_at_least_0_for_each_image(model: Model) -> None:
    vectors, bias = model.describe(pictures(model.card, 4))
    if bias is None:
        assert model.background_sha256 == ""
        assert vectors.shape[1] <= MAX_DIMS
        return
    assert bias.shape == (4,)
    assert bias.dtype == np.float32
    assert np.isfinite(bias).all()
    assert (bias >= 0).all()
    assert vectors.shape[1] <= MAX_DIMS - 1


def test_an_empty_batch_gives_no_vectors(model: Model) -> None:
    vectors, bias = model.describe([])
    assert vectors.shape == (0, model.card.dims)
    assert bias is None or bias.shape == (0,)


@pytest.mark.parametrize("value", [0, 127, 255])
def test_a_picture_of_one_colour_gives_a_finite_vector(descriptor: Descriptor, value: int) -> None:
    flat: Sequence[ByteArray] = [np.full_like(picture, value) for picture in pictures(descriptor.card, 1)]
    assert np.isfinite(descriptor.describe(flat)).all()


def test_a_picture_is_not_changed_by_being_described(descriptor: Descriptor) -> None:
    batch = pictures(descriptor.card, 2)
    before = [picture.copy() for picture in batch]
    descriptor.describe(batch)
    np.testing.assert_array_equal(batch, before)
