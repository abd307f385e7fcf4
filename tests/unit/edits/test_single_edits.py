"""Exact effects of single edits."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from copytrace.edits import as_pixels, find_edit
from copytrace.edits.drawing.emoji import EMOJI, emoji
from copytrace.edits.pixels import LONGEST_SIDE
from copytrace.errors import EditError

RAMP = np.repeat(np.arange(0, 250, 25, dtype=np.uint8)[None, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("brightness", {"factor": 2}, [0, 50, 100, 150, 200, 250, 255, 255, 255, 255]),
        ("contrast", {"factor": 2}, [0, 0, 0, 22, 72, 122, 172, 222, 255, 255]),
        ("solarise", {"threshold": 128}, [0, 25, 50, 75, 100, 125, 105, 80, 55, 30]),
        ("posterise", {"levels": 2}, [0, 0, 0, 0, 0, 0, 255, 255, 255, 255]),
        ("invert", {}, [255, 230, 205, 180, 155, 130, 105, 80, 55, 30]),
        ("hflip", {}, [225, 200, 175, 150, 125, 100, 75, 50, 25, 0]),
        ("saturation", {"factor": 5}, [0, 25, 50, 75, 100, 125, 150, 175, 200, 225]),
    ],
)
def test_values_change_as_the_definition_says(
    name: str, params: dict[str, float], expected: list[int]
) -> None:
    assert find_edit(name).apply(RAMP, params).image[0, :, 1].tolist() == expected


def test_a_hue_turned_by_a_third_of_the_circle_makes_green_of_red() -> None:
    red = np.full((1, 1, 3), (150, 110, 110), np.uint8)

    turned = find_edit("hue").apply(red, {"degrees": -120}).image[0, 0]

    assert turned.argmax() == 1
    assert turned @ [0.299, 0.587, 0.114] == pytest.approx(
        np.array([150, 110, 110]) @ [0.299, 0.587, 0.114], abs=1.5
    )


def test_a_quarter_turn_goes_anticlockwise() -> None:
    image = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)

    turned = find_edit("quarter-turn").apply(image, {"degrees": 90}).image[..., 0]

    assert turned.tolist() == [[2, 5], [1, 4], [0, 3]]


def test_the_inner_canvas_of_a_rotation_shows_no_corner() -> None:
    image = np.full((90, 160, 3), 200, np.uint8)
    for degrees in (-170, -45, -20, 3, 30, 45, 80, 90, 135):
        inner = (
            find_edit("rotate").apply(image, {"degrees": degrees, "canvas": "inner", "fill": [0, 0, 0]}).image
        )
        # A pixel at the border may be half outside.
        assert inner[1:-1, 1:-1].min(initial=200) == 200, degrees
        assert inner.size > 0.2 * image.size


def test_noise_has_the_deviation_asked_for() -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)

    for kind, same in (("colour", False), ("grey", True)):
        noisy = find_edit("noise").apply(grey, {"deviation": 20, "kind": kind, "seed": 1}).image.astype(float)
        assert noisy.std() == pytest.approx(20, rel=0.03)
        assert noisy.mean() == pytest.approx(128, abs=0.5)
        assert np.array_equal(noisy[..., 0], noisy[..., 1]) == same


def test_shuffling_keeps_all_pixels_and_moves_the_share_asked_for() -> None:
    image = np.arange(90 * 100, dtype=np.uint32).view(np.uint8).reshape(90, 100, 4)[..., :3]

    edited = find_edit("shuffle").apply(image, {"share": 0.3, "seed": 4})

    assert sorted(map(tuple, edited.image.reshape(-1, 3))) == sorted(map(tuple, image.reshape(-1, 3)))
    assert (edited.image != image).any(axis=2).mean() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(("name", "count"), [("stripes", 5), ("polka-dots", 10)])
def test_patterns_cover_the_share_asked_for(name: str, count: int) -> None:
    params = find_edit(name).draw(np.random.default_rng(0), 0.5)
    params |= {"cover": 0.4, "count": count, "colour": [255, 255, 255], "opacity": 1}

    covered = find_edit(name).apply(np.zeros((400, 400, 3), np.uint8), params).image.mean() / 255

    assert covered == pytest.approx(0.4, abs=0.03)


def test_a_jpeg_of_low_quality_is_one() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)

    fine, coarse = (find_edit("jpeg").apply(image, {"quality": quality}).image for quality in (100, 5))

    assert np.abs(fine.astype(int) - image).mean() < 2
    assert np.abs(coarse.astype(int) - image).mean() > 20


@pytest.mark.parametrize("name", EMOJI)
def test_every_emoji_is_drawn_with_soft_edges(name: str) -> None:
    sprite = emoji(name)

    assert sprite.colours.shape == (256, 256, 3)
    assert 0.1 < sprite.alpha.mean() < 0.95
    assert ((sprite.alpha > 0.05) & (sprite.alpha < 0.95)).any()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((2, 2, 3), np.float32), "image: is an array .* float32; expected uint8"),
        (np.zeros((2, 2, 2), np.uint8), r"image: is an array \(2, 2, 2\) uint8"),
        (np.zeros((0, 2, 3), np.uint8), "image: is 2 x 0; expected 1 to 32000 pixels per side"),
        (np.zeros((1, LONGEST_SIDE + 1, 3), np.uint8), "image: is 32001 x 1; expected"),
    ],
)
def test_bytes_that_are_not_a_picture_are_refused(image: np.ndarray, message: str) -> None:
    with pytest.raises(EditError, match=message):
        as_pixels(image)


def test_transparent_parts_show_white_and_grey_becomes_three_channels() -> None:
    assert as_pixels(np.array([[[10, 20, 30, 0]]], np.uint8)).tolist() == [[[255, 255, 255]]]
    assert as_pixels(Image.new("RGBA", (1, 1), (10, 20, 30, 0))).tolist() == [[[255, 255, 255]]]
    assert as_pixels(np.array([[7]], np.uint8)).tolist() == [[[7, 7, 7]]]
