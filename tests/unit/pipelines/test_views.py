from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.pipelines.views import DECODED_SIDE, TILES, VIEWS, View, shrunk

if TYPE_CHECKING:
    from copytrace.records import ByteArray

ALL = {view.name: view for view in (*VIEWS, *TILES)}


def part(name: str, picture: Image.Image) -> ByteArray:
    [found] = ALL[name].parts(picture)
    return np.asarray(found)


def test_each_view_has_a_name_of_its_own() -> None:
    assert len(ALL) == len(VIEWS) + len(TILES)


def test_parts_and_turns_are_those_of_their_names() -> None:
    pixels = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    picture = Image.fromarray(pixels)
    np.testing.assert_array_equal(part("quarter turn left", picture), np.rot90(pixels))
    np.testing.assert_array_equal(part("mirrored", picture), pixels[:, ::-1])
    np.testing.assert_array_equal(part("bottom two thirds", picture), pixels[3:])
    np.testing.assert_array_equal(part("right two thirds", picture), pixels[:, 3:])
    np.testing.assert_array_equal(part("centre", picture), pixels[2:8, 2:8])


@pytest.mark.parametrize("view", ALL.values(), ids=ALL)
@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1)])
def test_the_narrowest_picture_has_views(view: View, size: tuple[int, int]) -> None:
    assert all(min(found.size) >= 1 for found in view.parts(Image.new("RGB", size)))


def test_a_large_picture_is_shrunk_before_it_is_cut() -> None:
    assert shrunk(Image.new("RGB", (3 * DECODED_SIDE, 4 * DECODED_SIDE))).size == (
        DECODED_SIDE,
        4 * DECODED_SIDE // 3,
    )
    assert shrunk(Image.new("RGB", (2 * DECODED_SIDE - 1, 50))).size == (2 * DECODED_SIDE - 1, 50)
