from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.geometry import project
from copytrace.matching.fit import plausible

if TYPE_CHECKING:
    from copytrace.records import FloatArray


def test_a_point_behind_the_horizon_is_nowhere() -> None:
    matrix = np.array([[1.0, 0, 0], [0, 1, 0], [-0.01, 0, 1]])
    moved = project(matrix, np.array([[50.0, 10], [150, 10]]))
    assert moved[0].tolist() == [100, 20]
    assert np.isnan(moved[1]).all()


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([-1.0, 1, 1]),  # mirrors
        np.diag([5.0, 1, 1]),  # stretches
        np.diag([0.01, 0.01, 1]),  # shrinks to nothing
        np.diag([40.0, 40, 1]),  # enlarges too much
        np.array([[1.0, 0, 0], [0, 1, 0], [-0.02, 0, 1]]),  # folds
    ],
)
def test_what_no_edit_makes_is_not_plausible(matrix: FloatArray) -> None:
    assert not plausible(matrix, (100, 80), (100, 80))


def test_turns_and_scales_are_plausible() -> None:
    for angle in (0.3, 1.57, 3.1):
        turn = 0.5 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        matrix = np.eye(3)
        matrix[:2, :2] = turn
        assert plausible(matrix, (100, 80), (100, 80))
