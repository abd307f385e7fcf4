"""Albums of the user's own photographs and overlays."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from copytrace.edits.supplies import Album
from copytrace.errors import EditError
from copytrace.images import decode_image, list_images, load_image

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.images import ImageFile
    from copytrace.records import ByteArray

# Photographs are pasted at about the size of a query, so a JPEG need not be decoded much larger.
_SMALLEST_SIDE = 512


def photo_album(folder: Path) -> Album:
    """The photographs of a folder, list or tar file, by their IDs.

    Raises:
        SourceError: it cannot be read, or contains no images.
    """
    files = _by_id(folder)
    return Album(tuple(files), lambda photo_id: _photo(_one(files, photo_id)))


def overlay_album(folder: Path) -> Album:
    """The overlays of a folder, with their alpha; they are small and used often, so they stay in memory.

    Raises:
        SourceError: it cannot be read, or contains no images.
    """
    files = _by_id(folder)
    return Album(tuple(files), lru_cache(maxsize=256)(lambda overlay_id: _overlay(_one(files, overlay_id))))


def _by_id(folder: Path) -> dict[str, ImageFile]:
    return {file.id: file for file in list_images(folder)}


def _one(files: dict[str, ImageFile], picture_id: str) -> ImageFile:
    if picture_id not in files:
        raise EditError(f"picture {picture_id!r}: is not among the {len(files)} pictures given.")
    return files[picture_id]


def _photo(file: ImageFile) -> ByteArray:
    return np.asarray(load_image(file, smallest_side=_SMALLEST_SIDE))


def _overlay(file: ImageFile) -> ByteArray:
    data = file.read_bytes()
    # Files that this refuses (damaged, bombs) are not opened a second time; they have no alpha.
    decode_image(data, file.name)
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))
