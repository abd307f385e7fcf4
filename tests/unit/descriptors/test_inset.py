from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.descriptors import Choice, OnnxDescriptor, load_model
from copytrace.descriptors.inset import Box, most_likely
from copytrace.errors import DescriptorError
from tiny_networks import SIDE, tiny_finder, tiny_network, write_finder, write_network

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.records import ByteArray

LARGE = {"width": 2 * SIDE, "height": 2 * SIDE}


@pytest.fixture
def picture() -> ByteArray:
    coarse = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return coarse.repeat(4, axis=0).repeat(4, axis=1)


def _squashed(picture: ByteArray) -> ByteArray:
    """The means of blocks of 2 x 2 pixels of a picture of twice the size, or the picture itself."""
    blocks = picture.reshape(SIDE, len(picture) // SIDE, SIDE, picture.shape[1] // SIDE, 3)
    return np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)


def test_the_found_part_is_described_instead_of_the_whole(tmp_path: Path, picture: ByteArray) -> None:
    plain = OnnxDescriptor(write_network(tmp_path / "plain"))
    folder = write_network(tmp_path / "finding", input=LARGE)
    # Of 16 strips: columns 4 to 11, rows 0 to 7.
    finding = OnnxDescriptor(write_finder(folder, tiny_finder((4, 11, 0, 7))))
    [expected] = plain.describe([_squashed(np.ascontiguousarray(picture[:32, 16:48]))])
    np.testing.assert_allclose(finding.describe([picture])[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("sides", "sure"),
    [
        pytest.param((4, 11, 0, 7), 0.1, id="not certain"),
        pytest.param((0, 15, 1, 15), 20, id="nearly the whole"),
        pytest.param((4, 4, 0, 15), 20, id="a sliver"),
        pytest.param((11, 4, 0, 7), 20, id="sides that have changed places"),
    ],
)
def test_the_whole_is_described_where_no_part_is_found(
    tmp_path: Path, picture: ByteArray, sides: tuple[int, int, int, int], sure: float
) -> None:
    plain = OnnxDescriptor(write_network(tmp_path / "plain"))
    folder = write_network(tmp_path / "finding", input=LARGE)
    finding = OnnxDescriptor(write_finder(folder, tiny_finder(sides, sure=sure)))
    [expected] = plain.describe([_squashed(picture)])
    np.testing.assert_allclose(finding.describe([picture])[0], expected, atol=1e-6)


def test_a_quality_may_do_without(tmp_path: Path, picture: ByteArray) -> None:
    plain = OnnxDescriptor(write_network(tmp_path / "plain"))
    changes = {"input": {"width": SIDE, "height": SIDE}, "inset": None}
    folder = write_network(tmp_path / "finding", input=LARGE, qualities={"fast": changes})
    write_finder(folder, tiny_finder((4, 11, 0, 7)))
    smaller = _squashed(picture)
    fast, finding = OnnxDescriptor(folder, "fast"), OnnxDescriptor(folder)
    assert np.array_equal(fast.describe([smaller]), plain.describe([smaller]))
    assert not np.array_equal(finding.describe([smaller]), plain.describe([smaller]))
    assert fast.card.input == plain.card.input
    assert fast.card.sha256 == plain.card.sha256 != finding.card.sha256


def test_certainty_is_that_of_all_four_sides() -> None:
    scores = np.log(np.full((4, 10), 0.01, np.float32))
    for row, (place, chance) in zip(scores, [(2, 0.9), (7, 0.8), (0, 0.9), (9, 1.0)], strict=True):
        row[:] = np.log((1 - chance) / 9 + 1e-9)
        row[place] = np.log(chance)
    box, certainty = most_likely(scores)
    assert box == Box(0.2, 0, 0.8, 1)
    # The strips next to the most probable one add to its score.
    assert certainty == pytest.approx((0.9 + 0.2 / 9) * (0.8 + 0.4 / 9) * (0.9 + 0.1 / 9) * 1.0, rel=1e-5)


def test_boxes_that_do_not_touch_have_no_overlap() -> None:
    assert Box(0, 0, 0.4, 1).overlap(Box(0.5, 0, 1, 1)) == 0


def test_vectors_of_another_finder_are_vectors_of_another_model(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "tiny", input=LARGE)
    digests = {load_model(Choice(str(folder))).card.sha256}
    write_finder(folder, tiny_finder((4, 11, 0, 7)))
    digests.add(load_model(Choice(str(folder))).card.sha256)
    write_finder(folder, tiny_finder((4, 11, 0, 7)), certainty=0.25)
    digests.add(load_model(Choice(str(folder))).card.sha256)
    assert len(digests) == 3


def test_a_finder_that_is_missing_damaged_or_none_is_refused(tmp_path: Path) -> None:
    folder = write_finder(write_network(tmp_path / "tiny", input=LARGE), tiny_finder((4, 11, 0, 7)))
    (folder / "inset.onnx").write_bytes(tiny_finder((4, 11, 0, 8)).SerializeToString())
    with pytest.raises(DescriptorError, match=r"inset\.onnx: has the SHA-256"):
        OnnxDescriptor(folder)
    (folder / "inset.onnx").unlink()
    with pytest.raises(DescriptorError, match=r"inset\.onnx: cannot be read"):
        OnnxDescriptor(folder)
    write_finder(folder, tiny_network())
    with pytest.raises(DescriptorError, match=r"it must take any x 3 x 32 x 32 and return any x 4 x any"):
        OnnxDescriptor(folder)
