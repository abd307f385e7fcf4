from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.images import Input, fit, list_images, load_input

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def wide() -> Image.Image:
    """300 x 100: red on the left, green in the middle, blue on the right."""
    pixels = np.zeros((100, 300, 3), np.uint8)
    for third in range(3):
        pixels[:, 100 * third : 100 * (third + 1), third] = 255
    return Image.fromarray(pixels)


def test_squash_takes_the_whole_picture_whatever_its_shape(wide: Image.Image) -> None:
    for exact in (True, False):
        squashed = fit(wide, Input(30, 30, exact=exact))
        assert squashed.shape == (30, 30, 3)
        assert squashed[15, [2, 15, 27]].argmax(axis=1).tolist() == [0, 1, 2]


def test_crop_takes_the_middle_of_the_picture_brought_to_its_shorter_side(wide: Image.Image) -> None:
    cropped = fit(wide, Input(40, 40, resize="crop", short_side=50))
    assert cropped.shape == (40, 40, 3)
    assert (cropped.argmax(axis=2) == 1).all()
    upright = fit(wide.transpose(Image.Transpose.ROTATE_90), Input(40, 40, resize="crop", short_side=50))
    assert (upright.argmax(axis=2) == 1).all()


def test_keep_keeps_the_shape_up_to_four_to_one() -> None:
    wanted = Input(32, 32, resize="keep", short_side=32)
    sizes = {(640, 480): (32, 42), (480, 640): (42, 32), (100, 100): (32, 32), (4000, 10): (32, 128)}
    for size, shape in sizes.items():
        assert fit(Image.new("RGB", size), wanted).shape == (*shape, 3)


def test_an_exact_picture_is_what_pillow_and_so_torchvision_gives() -> None:
    noisy = Image.fromarray(np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8))
    for bicubic, how in ((False, Image.Resampling.BILINEAR), (True, Image.Resampling.BICUBIC)):
        expected = np.asarray(noisy.resize((224, 224), how))
        np.testing.assert_array_equal(fit(noisy, Input(224, 224, bicubic=bicubic, exact=True)), expected)
    # torchvision: Resize(256), then CenterCrop(224); 640 x 480 becomes 341 x 256.
    expected = np.asarray(noisy.resize((341, 256), Image.Resampling.BICUBIC).crop((58, 16, 282, 240)))
    cropped = fit(noisy, Input(224, 224, resize="crop", short_side=256, bicubic=True, exact=True))
    np.testing.assert_array_equal(cropped, expected)


def test_only_an_exact_input_wants_a_jpeg_at_its_full_size(tmp_path: Path, picture: Image.Image) -> None:
    picture.resize((1200, 800)).save(tmp_path / "a.jpg", quality=95)
    (file,) = list_images(tmp_path / "a.jpg")
    full = np.asarray(Image.open(tmp_path / "a.jpg").resize((100, 100), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(load_input(file, Input(100, 100, exact=True)), full)
    quick = load_input(file, Input(100, 100))
    assert quick.shape == full.shape
    assert np.abs(quick.astype(int) - full.astype(int)).mean() < 1


def test_grey_pictures_have_one_channel(wide: Image.Image) -> None:
    assert fit(wide, Input(10, 10, grey=True, resize="crop", short_side=20)).shape == (10, 10)
