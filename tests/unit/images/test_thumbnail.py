from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from copytrace.errors import ImageError
from copytrace.images import ImageFile, load_thumbnail

if TYPE_CHECKING:
    from pathlib import Path


def test_a_thumbnail_knows_how_large_its_upright_image_is(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (1001, 603)).save(tmp_path / "turned.jpg", exif=exif)
    made = load_thumbnail(ImageFile("turned", str(tmp_path / "turned.jpg"), "turned.jpg"), 100)
    assert (made.width, made.height) == (603, 1001)
    with Image.open(BytesIO(made.jpeg)) as thumbnail:
        assert thumbnail.size == (60, 100)


def test_an_image_that_cannot_be_decoded_has_no_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(ImageError, match=r"empty\.jpg: the file is empty"):
        load_thumbnail(ImageFile("empty", str(tmp_path / "empty.jpg"), "empty.jpg"), 100)
