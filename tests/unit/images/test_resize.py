from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from copytrace.images import thumbnail_jpeg, to_input


def test_the_picture_is_squashed_to_the_size(picture: Image.Image) -> None:
    assert to_input(picture, 20, 10).shape == (10, 20, 3)
    assert to_input(picture, 20, 10, grey=True).shape == (10, 20)
    assert to_input(picture, 20, 10).dtype == np.uint8


def test_a_picture_may_be_enlarged(picture: Image.Image) -> None:
    assert to_input(picture, 100, 200).shape == (200, 100, 3)


def test_the_array_may_be_written_to(picture: Image.Image) -> None:
    to_input(picture, 4, 4)[0, 0] = 7


@pytest.mark.parametrize("side", [64, 1000, 2000])
def test_fine_patterns_are_averaged_and_do_not_alias(side: int) -> None:
    checks = (np.indices((side, side)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = Image.fromarray(checks).convert("RGB")

    assert np.abs(to_input(image, 8, 8).astype(int) - 127.5).max() <= 3


@pytest.mark.parametrize("grey", [False, True])
def test_shrinking_a_large_picture_is_close_to_averaging_its_blocks(picture: Image.Image, grey: bool) -> None:  # noqa: FBT001 - a parameter
    large = picture.resize((1920, 1280), Image.Resampling.BICUBIC)

    small = to_input(large, 48, 32, grey=grey)

    averages = large.convert("L" if grey else "RGB").resize((48, 32), Image.Resampling.BOX)
    assert np.abs(small.astype(int) - np.asarray(averages)).max() <= 4


def test_the_same_picture_gives_the_same_bytes(picture: Image.Image) -> None:
    first = to_input(picture, 13, 7)

    assert all((to_input(picture.copy(), 13, 7) == first).all() for _ in range(3))


def test_extreme_shapes_are_squashed_too() -> None:
    assert to_input(Image.new("RGB", (65_535, 1), "red"), 2, 2).tolist() == 2 * [2 * [[255, 0, 0]]]


def test_a_thumbnail_is_a_jpeg_that_keeps_the_shape(picture: Image.Image) -> None:
    data = thumbnail_jpeg(picture, 24)

    with Image.open(BytesIO(data)) as thumbnail:
        assert thumbnail.format == "JPEG"
        assert thumbnail.size == (24, 16)


def test_a_thumbnail_of_a_small_picture_is_not_enlarged(picture: Image.Image) -> None:
    with Image.open(BytesIO(thumbnail_jpeg(picture, 1000))) as thumbnail:
        assert thumbnail.size == (48, 32)


def test_a_thumbnail_leaves_the_picture_unchanged(picture: Image.Image) -> None:
    thumbnail_jpeg(picture, 8)

    assert picture.size == (48, 32)


def test_a_thumbnail_of_lower_quality_is_smaller(picture: Image.Image) -> None:
    assert len(thumbnail_jpeg(picture, 48, quality=20)) < len(thumbnail_jpeg(picture, 48, quality=90))


def test_a_thumbnail_of_a_line_keeps_a_pixel() -> None:
    with Image.open(BytesIO(thumbnail_jpeg(Image.new("RGB", (5000, 1)), 100))) as thumbnail:
        assert thumbnail.size == (100, 1)
