"""Small libraries of pictures of one colour, described by an instant model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def paint(path: Path, seed: int) -> Path:
    """Write a picture of random blocks, different for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(blocks).resize((64, 64), Image.Resampling.NEAREST).save(path)
    return path


@pytest.fixture
def painted() -> Callable[[Path, int], Path]:
    return paint


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of six pictures, a.png to f.png."""
    folder = tmp_path / "photos"
    for seed, name in enumerate("abcdef"):
        paint(folder / f"{name}.png", seed)
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    Library.create(tmp_path / "library", model="gist")
    with Library.open(tmp_path / "library") as opened:
        yield opened
