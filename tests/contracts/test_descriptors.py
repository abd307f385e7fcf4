"""What holds for every registered descriptor; a new one is tested by being registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.descriptors import DESCRIPTORS, Card, Descriptor, load_descriptor
from copytrace.records import MAX_DIMS, ByteArray

if TYPE_CHECKING:
    from collections.abc import Sequence

PARAMETERS = [
    pytest.param(card.name, marks=pytest.mark.needs(card.extra) if card.extra else ())
    for card, _ in DESCRIPTORS
]


@pytest.fixture(params=PARAMETERS)
def descriptor(request: pytest.FixtureRequest) -> Descriptor:
    return load_descriptor(request.param)


def pictures(card: Card, count: int) -> list[ByteArray]:
    """Smooth random pictures of the descriptor's input size, so that no hash is of pure noise."""
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


def test_an_image_is_described_independently_of_its_batch(descriptor: Descriptor) -> None:
    batch = pictures(descriptor.card, 13)
    together = descriptor.describe(batch)
    order = np.random.default_rng(3).permutation(len(batch))
    shuffled = np.empty_like(together)
    shuffled[order] = descriptor.describe([batch[i] for i in order])
    alone = np.concatenate([descriptor.describe([picture]) for picture in batch])
    subset = descriptor.describe(batch[4:9])
    np.testing.assert_array_equal(shuffled, together)
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(subset, together[4:9])


def test_a_fresh_descriptor_gives_the_same_vectors(descriptor: Descriptor) -> None:
    batch = pictures(descriptor.card, 2)
    again = load_descriptor(descriptor.card.name)
    again.describe(pictures(descriptor.card, 5)[3:])
    np.testing.assert_array_equal(again.describe(batch), descriptor.describe(batch))


def test_an_empty_batch_gives_no_vectors(descriptor: Descriptor) -> None:
    assert descriptor.describe([]).shape == (0, descriptor.card.dims)


@pytest.mark.parametrize("value", [0, 127, 255])
def test_a_picture_of_one_colour_gives_a_finite_vector(descriptor: Descriptor, value: int) -> None:
    flat: Sequence[ByteArray] = [np.full_like(picture, value) for picture in pictures(descriptor.card, 1)]
    assert np.isfinite(descriptor.describe(flat)).all()


def test_a_picture_is_not_changed_by_being_described(descriptor: Descriptor) -> None:
    batch = pictures(descriptor.card, 2)
    before = [picture.copy() for picture in batch]
    descriptor.describe(batch)
    np.testing.assert_array_equal(batch, before)
