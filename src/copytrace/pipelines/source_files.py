"""The image files of a descriptor set, by ID."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import SourceError
from copytrace.images import ImageFile, list_images
from copytrace.stores import is_remote

if TYPE_CHECKING:
    from copytrace.images import ImageList


class SourceFiles:
    """Finds image files by ID: among the given images, else in the set's recorded source.

    Unpacked tar files exist as long as this object.

    Args:
        images: the images; None for a set without named images.
        source: the folder, list, tar file or URL of the set's images, or empty.
        some_path: the path below the source of any image of the set; None if unknown.
    """

    def __init__(self, images: ImageList | None, source: str, some_path: str | None) -> None:
        self._images = images
        self._source = source
        self._some_path = some_path

    def find(self, image_id: str, path: str | None) -> ImageFile | None:
        """The file of an image, which may be gone by now; None if its location is unknown.

        Args:
            image_id: its ID in the set.
            path: its path below the source, if known.
        """
        if self._images is not None:
            return _by_id(self._images, image_id)
        if self._root is not None and path is not None:
            return ImageFile(image_id, str(self._root / path), path)
        if self._listed is None:
            return None
        file = (path and _by_id(self._listed, path)) or _by_id(self._listed, image_id)
        return file and replace(file, id=image_id)

    @cached_property
    def _root(self) -> Path | None:
        """The folder that paths are relative to, if the images are separate local files."""
        if not self._source or is_remote(self._source) or self._some_path is None:
            return None
        root = Path(self._source) if Path(self._source).is_dir() else Path(self._source).parent
        return root if (root / self._some_path).is_file() else None

    @cached_property
    def _listed(self) -> ImageList | None:
        """The images of the source, listed again, since a path alone is not enough in a tar file or at a URL.

        Their IDs are their paths, except that images of several shards may have the IDs of the set.
        """
        if not self._source:
            return None
        try:
            return list_images(self._source, ids="auto" if self._some_path is None else "path")
        except SourceError:
            return None


def folder_of(source: Path | str) -> Path | None:
    """The folder that the paths of a local source are relative to; None for a URL or a source that is gone."""
    if not source or is_remote(str(source)) or not Path(source).exists():
        return None
    return Path(source) if Path(source).is_dir() else Path(source).parent


def _by_id(images: ImageList, image_id: str) -> ImageFile | None:
    row = images.find(image_id)
    return None if row is None else images[row]
