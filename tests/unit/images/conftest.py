"""Real files of every format, made by Pillow."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Encode = Callable[..., bytes]


@pytest.fixture(scope="session")
def encode() -> Encode:
    """The bytes of a picture in a format: `encode(picture, "JPEG", quality=90)`."""

    def _encode(picture: Image.Image, file_format: str, **options: Any) -> bytes:
        file = BytesIO()
        picture.save(file, file_format, **options)
        return file.getvalue()

    return _encode


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    """48 x 32 pixels, smooth so that lossy formats keep it, and different under each turn and mirroring."""
    across, down = np.meshgrid(np.linspace(0, 1, 48), np.linspace(0, 1, 32))
    channels = [230 * across, 200 * down, 255 * across * down]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


@pytest.fixture
def photo(tmp_path: Path, picture: Image.Image) -> Callable[[str], Path]:
    """Puts a real JPEG under a name in the test's folder, making the folders on the way."""

    def _photo(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, "JPEG")
        return path

    return _photo
