from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.errors import InputError
from copytrace.matching import Subject, extract, pack, unpack, verify

if TYPE_CHECKING:
    from copytrace.matching import Features
    from copytrace.records import ByteArray


@pytest.fixture(scope="module")
def features(photo: ByteArray) -> Features:
    return extract(photo, both=True)


def test_unpacked_features_are_those_that_were_packed(features: Features) -> None:
    back = unpack(pack(features))
    assert back.size == features.size
    assert np.array_equal(back.descriptors, features.descriptors)
    assert np.array_equal(back.learned_mirrored.descriptors, features.learned_mirrored.descriptors)
    for one, other in ((back, features), (back.learned, features.learned)):
        assert np.abs(one.points - other.points).max() < 1e-5
    assert np.abs(back.look.astype(int) - features.look).mean() < 3


def test_a_picture_is_laid_over_its_unpacked_features_exactly(features: Features) -> None:
    evidence = verify(Subject(features), Subject(unpack(pack(features))))
    assert evidence is not None
    assert evidence.matrix == pytest.approx(np.eye(3), abs=0.05)


def test_features_without_points_are_packed_too() -> None:
    back = unpack(pack(extract(np.zeros((3, 5, 3), np.uint8))))
    assert (back.size, len(back), len(back.learned)) == ((5, 3), 0, 0)


@pytest.mark.parametrize("kept", [0, 5, 2000, -1])
def test_damaged_features_are_refused(features: Features, kept: int) -> None:
    damaged = b"\xff" + pack(features)[1:] if kept < 0 else pack(features)[:kept]
    with pytest.raises(InputError, match=r"layout|truncated|picture"):
        unpack(damaged)


def test_a_damaged_picture_is_refused_when_it_is_used(features: Features) -> None:
    data = pack(features)
    jpeg = data.rindex(b"\xff\xd8\xff")
    back = unpack(data[:jpeg] + b"\xff\xd8" + b"no picture")
    with pytest.raises(InputError, match="have no picture"):
        _ = back.look
