from __future__ import annotations

import numpy as np
import pytest

from copytrace.geometry import inverse
from copytrace.matching import Agreement, Evidence, explain

WHOLE = Agreement(1.0, 100, 100, 0, 1.0, 1.0, 1.0, 1.0)
LOOK = np.zeros((8, 8, 3), np.uint8)


def evidence_of(matrix: np.ndarray, *, mirrored: bool = False) -> Evidence:
    return Evidence(matrix, mirrored, 20, 20, 0, 20, 0.0, 1.0, WHOLE)


@pytest.mark.parametrize("degrees", [-150.0, -30.0, 0.0, 12.0, 90.0])
def test_turn_and_scale_are_those_of_the_copy(degrees: float) -> None:
    angle = np.radians(degrees)
    turned = 0.5 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    there = np.eye(3)
    there[:2, :2] = turned
    found = explain(evidence_of(inverse(there)), LOOK, LOOK, (100, 80), (200, 160))
    assert found.turn == pytest.approx(degrees)
    assert found.scale == pytest.approx(0.5)


def test_a_reference_whose_middle_lies_behind_the_horizon_is_explained_without_its_outline() -> None:
    back = np.array([[1.0, 0, 0], [0, 1, 0], [-0.02, 0, 1]])
    found = explain(evidence_of(inverse(back)), LOOK, LOOK, (40, 40), (200, 160))
    assert found.query_quad is None
    assert np.isfinite(found.reference_quad).all()
    assert np.isfinite([found.turn, found.scale]).all()
