"""JPEG files that end early are used if more than half of their rows are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.errors import ImageError
from copytrace.images import decode_image
from copytrace.images.decode import decode_scaled

if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[..., bytes]

WIDTH, HEIGHT = 240, 320


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """Noise, so that every row takes about as many bytes."""
    values = np.random.default_rng(1).integers(40, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    return Image.fromarray(values).resize((WIDTH, HEIGHT))


def used(data: bytes, **options: int) -> tuple[Image.Image, list[str]]:
    """What is used of a file, and what is said of it."""
    warnings: list[str] = []
    return decode_image(data, "a.jpg", **options, warn=warnings.append), warnings


def test_a_file_without_its_end_marker_is_whole(photo: Image.Image, encode: Encode) -> None:
    data = encode(photo, "JPEG", quality=90)
    picture, warnings = used(data[:-2])
    assert picture == decode_image(data, "a.jpg")
    assert warnings == ["all rows used"]


def test_three_quarters_of_a_file_are_cut_to_the_rows_that_are_there(
    photo: Image.Image, encode: Encode
) -> None:
    data = encode(photo, "JPEG", quality=90)
    picture, warnings = used(data[: len(data) * 3 // 4])
    assert picture.width == WIDTH
    assert picture.height == pytest.approx(HEIGHT * 3 / 4, abs=24)
    whole = np.asarray(decode_image(data, "a.jpg"), int)[: picture.height]
    assert np.abs(np.asarray(picture, int) - whole)[:-16].max() == 0
    assert warnings == [f"upper {picture.height / HEIGHT:.0%} used"]


def test_the_cut_is_the_same_at_a_fraction_of_the_size(photo: Image.Image, encode: Encode) -> None:
    data = encode(photo, "JPEG", quality=90)
    picture, size = decode_scaled(data[: len(data) * 3 // 4], "a.jpg", smallest_side=50)
    assert picture.width == WIDTH // 4
    assert picture.height == pytest.approx(HEIGHT * 3 / 16, abs=6)
    assert size == (WIDTH, HEIGHT)


def test_the_lower_part_is_cut_off_before_the_picture_is_turned_upright(
    photo: Image.Image, encode: Encode
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(photo, "JPEG", quality=90, exif=exif)
    picture, _ = used(data[: len(data) * 3 // 4])
    assert picture.height == WIDTH
    assert picture.width < HEIGHT


def test_less_than_half_is_a_failure(photo: Image.Image, encode: Encode) -> None:
    data = encode(photo, "JPEG", quality=90)
    with pytest.raises(ImageError, match="truncated after"):
        used(data[: len(data) * 2 // 5])


def test_a_progressive_file_is_used_once_its_first_scan_is_complete(
    photo: Image.Image, encode: Encode
) -> None:
    data = encode(photo, "JPEG", quality=90, progressive=True)
    picture, warnings = used(data[: len(data) // 2])
    assert picture.size == (WIDTH, HEIGHT)
    assert warnings == ["all rows used"]
    with pytest.raises(ImageError, match="truncated after"):
        used(data[: len(data) // 20])


def test_other_formats_that_end_early_stay_failures(photo: Image.Image, encode: Encode) -> None:
    data = encode(photo, "PNG")
    with pytest.raises(ImageError, match="truncated after"):
        used(data[: len(data) * 9 // 10])
