from __future__ import annotations

import numpy as np
import pytest

from copytrace.images.rectangles import Rectangle, find_rectangles


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(100, 156, (height, width, 3), dtype=np.uint8)


def test_a_pasted_picture_is_found() -> None:
    page = np.full((300, 400, 3), 240, np.uint8)
    page[90:240, 100:300] = noise(150, 200)
    [found] = find_rectangles(page, most=1)
    assert found == pytest.approx((0.25, 0.3, 0.75, 0.8), abs=0.02)


def test_a_picture_between_bands_is_found() -> None:
    meme = np.zeros((200, 200, 3), np.uint8)
    meme[50:160] = 140
    [found] = find_rectangles(meme, most=1)
    assert found == pytest.approx((0, 0.25, 1, 0.8), abs=0.02)


def test_pictures_beside_each_other_are_all_found() -> None:
    both = np.concatenate(
        [np.full((100, 60, 3), 30, np.uint8), np.full((100, 140, 3), 220, np.uint8)], axis=1
    )
    assert sorted(find_rectangles(both)) == [Rectangle(0, 0, 0.3, 1), Rectangle(0.3, 0, 1, 1)]


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (23, 300), (24, 24), (200, 300)])
def test_a_plain_picture_has_none(shape: tuple[int, int]) -> None:
    assert find_rectangles(np.full((*shape, 3), 128, np.uint8)) == []
