"""Pictures in a program's memory, as a source of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from copytrace.errors import InputError, SourceError
from copytrace.images.file import ImageFile
from copytrace.images.image_list import ImageList
from copytrace.images.in_memory import MemoryImage, Picture, memory_image

Pictures = bytes | Image.Image | np.ndarray | Sequence[Picture] | Mapping[str, Picture]
"""A picture in memory, several in order, or several by ID; among several, a path is one image file."""
Source = Path | str | ImageList | Pictures
"""A source of images: see `list_images`, and `Pictures`."""


class PictureList(ImageList):
    """Pictures as the images of a source.

    A picture's ID is its key in a mapping, or its position in a sequence, with leading zeros to preserve the order.

    Raises:
        InputError: something is not a picture, or there are none.
    """

    def __init__(self, pictures: Pictures) -> None:
        named = _named(pictures)
        if not named:
            raise InputError("There are no pictures: the list is empty.")
        self._pictures = [_image(image_id, picture) for image_id, picture in named]
        super().__init__("", "path")

    @property
    def ids(self) -> list[str]:
        """All IDs, in order."""
        return [image.id for image in self._pictures]

    @property
    def paths(self) -> dict[str, str]:
        """The absolute paths of those pictures that are files, by ID."""
        return {image.id: image.path for image in self._pictures if not isinstance(image, MemoryImage)}

    def _reads(self, place: Path) -> bool:
        return str(place) in self.paths.values()

    def __len__(self) -> int:
        return len(self._pictures)

    def _id(self, row: int) -> str:
        return self._pictures[row].id

    def _files(self, rows: slice) -> list[ImageFile]:
        return self._pictures[rows]


def _named(pictures: Pictures) -> list[tuple[str, Picture]]:
    """The pictures in ascending order of ID."""
    if isinstance(pictures, Mapping):
        return sorted(pictures.items())
    if isinstance(pictures, bytes | Image.Image | np.ndarray):
        return [(memory_image(pictures).id, pictures)]
    if not isinstance(pictures, Sequence):
        raise SourceError(
            f"Expected a path, a URL, a picture or a list of pictures; this is a {type(pictures).__name__}."
        )
    digits = len(str(len(pictures) - 1))
    several = cast("Sequence[Picture]", pictures)
    return [(f"{position:0{digits}}", picture) for position, picture in enumerate(several)]


def _image(image_id: str, picture: Picture) -> ImageFile:
    if isinstance(picture, str | Path):
        path = str(Path(picture).resolve())
        return ImageFile(image_id, path, path)
    return memory_image(picture, image_id)
