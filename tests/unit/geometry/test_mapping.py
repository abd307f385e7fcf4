from __future__ import annotations

import numpy as np
import pytest

from copytrace.edits import find_edit
from copytrace.geometry import Chain, Field, Projective, chained, placed, unmoved, visible


def _points(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float64)


def test_a_scaled_and_moved_image_maps_back_to_its_own_pixels() -> None:
    # 10 x 10 pixels enlarged to twice the size, 5 from the left and 7 from the top of a canvas of 40 x 40.
    mapping = placed((5, 7, 20, 20), (10, 10), (40, 40))

    found = mapping.to_reference(_points((5, 7), (25, 27), (15, 17)))

    assert found.tolist() == [[0, 0], [10, 10], [5, 5]]


def test_points_beside_the_image_and_beside_the_query_lead_nowhere() -> None:
    mapping = placed((5, 5, 10, 10), (10, 10), (20, 20))

    assert np.isnan(mapping.to_reference(_points((4, 8), (16, 8), (-1, 8), (8, 25)))).all()


def test_covered_pixels_lead_nowhere() -> None:
    covered = np.zeros((4, 4), np.bool_)
    covered[1, 2] = True

    found = unmoved((4, 4), covered).to_reference(_points((2.5, 1.5), (1.5, 2.5)))

    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [1.5, 2.5]


def test_points_behind_the_horizon_lead_nowhere() -> None:
    horizon = Projective((10, 10), (10, 10), np.array([[1, 0, 0], [0, 1, 0], [-0.2, 0, 1.0]]))

    assert np.isnan(horizon.to_reference(_points((6, 3)))).all()


def test_a_field_is_linear_between_pixel_centres() -> None:
    source = np.zeros((1, 2, 2), np.float32)
    source[0, 0], source[0, 1] = (0.5, 0.5), (1.5, 0.5)
    mapping = Field((2, 1), (4, 4), source)

    assert mapping.to_reference(_points((1.0, 0.5))).tolist() == [[1.0, 0.5]]


def test_where_a_field_says_nothing_points_lead_nowhere() -> None:
    source = np.full((2, 2, 2), np.nan, np.float32)

    assert np.isnan(Field((2, 2), (4, 4), source).to_reference(_points((1, 1)))).all()


def test_a_chain_follows_the_edits_back_from_the_last_to_the_first() -> None:
    half = placed((0, 0, 50, 50), (100, 100), (50, 50))
    moved = placed((10, 20, 50, 50), (50, 50), (80, 80))

    mapping = chained([half, None, moved], (100, 100))

    assert isinstance(mapping, Chain)
    assert mapping.size == (80, 80)
    assert mapping.source_size == (100, 100)
    assert mapping.to_reference(_points((35, 45))).tolist() == [[50, 50]]
    assert mapping.matrix is not None
    assert mapping.matrix.tolist() == [[2, 0, -20], [0, 2, -40], [0, 0, 1]]


def test_a_chain_with_a_bend_has_no_matrix() -> None:
    bend = Field((2, 2), (2, 2), np.zeros((2, 2, 2), np.float32))

    assert chained([unmoved((2, 2)), bend], (2, 2)).matrix is None


def test_an_empty_chain_moves_no_point() -> None:
    mapping = chained([None, None], (6, 4))

    assert mapping.to_reference(_points((3, 2))).tolist() == [[3, 2]]


@pytest.mark.parametrize("area", [0.1, 0.25, 0.6, 1.0])
def test_a_crop_shows_its_own_share_of_the_reference(area: float) -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    mapping = find_edit("crop").apply(image, {"area": area, "ratio": 1.3, "x": 0.37, "y": 0.8}).mapping

    assert mapping is not None
    shares = visible(mapping)
    assert shares.of_reference == pytest.approx(area, abs=0.01)
    assert shares.of_query == 1


def test_a_small_copy_on_a_large_canvas_shows_all_of_the_reference() -> None:
    shares = visible(placed((30, 40, 20, 30), (200, 300), (200, 300)))

    assert shares.of_reference == pytest.approx(1, abs=0.03)
    assert shares.of_query == pytest.approx(0.01, abs=0.001)


def test_what_covers_half_of_the_query_hides_half_of_the_reference() -> None:
    covered = np.zeros((100, 100), np.bool_)
    covered[:, :50] = True

    shares = visible(unmoved((100, 100), covered))

    assert shares.of_reference == pytest.approx(0.5, abs=0.01)
    assert shares.of_query == pytest.approx(0.5, abs=0.01)


def test_a_part_shown_twice_counts_once() -> None:
    twice = np.zeros((100, 100, 2), np.float32)
    columns, rows = np.meshgrid(np.arange(100) + 0.5, np.arange(100) + 0.5)
    twice[..., 0], twice[..., 1] = columns % 50, rows
    mapping = Field((100, 100), (100, 100), twice)

    assert visible(mapping).of_reference == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("name", ["rotate", "swirl", "perspective", "browser", "collage"])
def test_an_edit_that_crops_nothing_shows_the_whole_reference(name: str) -> None:
    params = find_edit(name).draw(np.random.default_rng(3), 0.5)
    params |= {"canvas": "grown"} if name == "rotate" else {}
    mapping = find_edit(name).apply(np.zeros((150, 200, 3), np.uint8), params).mapping

    assert mapping is not None
    assert visible(mapping).of_reference == pytest.approx(1, abs=0.02)


def test_nothing_is_visible_where_all_is_covered() -> None:
    shares = visible(unmoved((10, 10), np.ones((10, 10), np.bool_)))

    assert (shares.of_reference, shares.of_query) == (0, 0)
