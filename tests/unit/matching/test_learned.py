from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.matching.correspond import mutual, unit
from copytrace.matching.learned import MOST_POINTS, find_learned

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def test_points_are_found_again_in_a_cut_out_and_darkened_picture(photo: ByteArray) -> None:
    whole, part = find_learned(photo), find_learned(np.ascontiguousarray(photo[30:, 60:] // 2))
    pairs = mutual(unit(part.descriptors), unit(whole.descriptors), 0.82)
    there = part.points[pairs.query] * (391, 270) + (60, 30)
    apart = np.hypot(*(there - whole.points[pairs.reference] * (451, 300)).T)
    assert len(pairs) > 60
    assert np.median(apart) < 3


def test_there_are_a_limited_number_of_points_and_all_lie_in_the_picture(photo: ByteArray) -> None:
    found = find_learned(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8))
    assert len(found) <= MOST_POINTS
    for each in (found, find_learned(photo)):
        assert ((each.points >= 0) & (each.points <= 1)).all()
        lengths = np.linalg.norm(each.descriptors.astype(np.float64), axis=1)
        assert np.abs(lengths - 127).max(initial=0) < 3


def test_a_plain_picture_of_any_shape_has_no_learned_points() -> None:
    for size in ((1, 1), (1, 700), (240, 320)):
        assert len(find_learned(np.full((*size, 3), 90, np.uint8))) == 0
