"""Real files of every format, made by Pillow."""

from __future__ import annotations

import os
import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Encode = Callable[..., bytes]

ROOT, NOBODY = 0, 65534


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
    """48 x 32 pixels, smooth so that lossy formats preserve it, and different under each rotation and mirroring."""
    across, down = np.meshgrid(np.linspace(0, 1, 48), np.linspace(0, 1, 32))
    channels = [230 * across, 200 * down, 255 * across * down]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


@pytest.fixture
def photo(tmp_path: Path, picture: Image.Image) -> Callable[[str], Path]:
    """Writes a real JPEG with this name to the test's folder, creating subfolders as needed."""

    def _photo(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, "JPEG")
        return path

    return _photo


@pytest.fixture
def forbidden(picture: Image.Image) -> Iterator[Path]:
    """A folder with `open.jpg`, `closed.jpg` and `closed/inside.jpg`; the closed file and folder cannot be read.

    Root may read everything, so root runs this test as user nobody, in a folder that user nobody may enter.
    """
    user = os.geteuid()
    folder = Path(tempfile.mkdtemp(prefix="forbidden-"))
    folder.chmod(0o755)
    (folder / "closed").mkdir()
    for name in ("open.jpg", "closed.jpg", "closed/inside.jpg"):
        picture.save(folder / name, "JPEG")
    for name in ("closed.jpg", "closed"):
        (folder / name).chmod(0)
    if user == ROOT:
        os.seteuid(NOBODY)
    yield folder
    os.seteuid(user)
    (folder / "closed").chmod(0o700)
    shutil.rmtree(folder)
