from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.matching.correspond import correspond, unit
from copytrace.matching.features import LOOK_SIDE, MOST_POINTS, extract, mirrored

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def test_points_are_shares_of_the_picture_and_at_most_as_many_as_asked_for(photo: ByteArray) -> None:
    found = extract(photo)
    assert found.size == (451, 300)
    assert 300 < len(found) <= MOST_POINTS
    assert ((found.points >= 0) & (found.points <= 1)).all()
    assert len(extract(photo, most=50)) == 50
    assert max(found.look.shape) == LOOK_SIDE


def test_points_lie_all_over_the_picture(photo: ByteArray) -> None:
    """Half of this picture is noise, which has the strongest keypoints."""
    noisy = photo.copy()
    noisy[:, 200:] = np.random.default_rng(1).integers(0, 256, noisy[:, 200:].shape, np.uint8)
    points = extract(noisy, most=200).points
    assert (points[:, 0] < 200 / 451).mean() > 0.3


def test_the_features_of_the_mirror_image_are_those_of_the_mirrored_picture(photo: ByteArray) -> None:
    flipped, turned = mirrored(extract(photo)), extract(np.ascontiguousarray(photo[:, ::-1]))
    pairs = correspond(unit(flipped.descriptors), unit(turned.descriptors))
    apart = np.hypot(*(flipped.places[pairs.query] - turned.places[pairs.reference]).T)
    assert len(pairs) > 0.6 * len(turned)
    assert (apart < 3).mean() > 0.98
    spin = flipped.angles[pairs.query] - turned.angles[pairs.reference]
    assert (np.cos(spin) > 0.9).mean() > 0.95


def test_a_plain_picture_has_no_points() -> None:
    for size in ((1, 1), (1, 500), (300, 200)):
        found = extract(np.full((*size, 3), 127, np.uint8))
        assert len(found) == 0
        assert found.descriptors.shape == (0, 128)
