"""A single image file as a source; needs no Arrow, whose import takes longer than describing the image."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.images.file import ImageFile
from copytrace.images.image_list import LONGEST_ID, STEM, IdScheme, ImageList, names_within, told_early

if TYPE_CHECKING:
    from copytrace.images.list_builder import ImageListBuilder


class OneImage(ImageList):
    """The only image found in a folder or list, or one that was named itself.

    Args:
        source: the source's name in messages.
        found: the image.
        scheme: how to form its ID.
        address: the source as an absolute path.
    """

    def __init__(self, source: str, found: ImageListBuilder, scheme: IdScheme, address: str) -> None:
        failures = found.sorted_failures()
        notices = found.notices(source) + told_early(source, failures)
        super().__init__(address, "path" if scheme == "path" else "stem", notices, found.left_out, failures)
        self._root = found.origins[0].path
        relative = found.only
        image_id = relative if scheme == "path" else re.sub(STEM, r"\1", relative)
        self._file = ImageFile(image_id, str(Path(self._root, relative)), relative)

    @property
    def ids(self) -> list[str]:
        """The ID, in a list."""
        return [self._file.id]

    def _reads(self, place: Path) -> bool:
        return self._file.relative in names_within(self._root, place)

    def __len__(self) -> int:
        return 1

    def _id(self, _: int) -> str:
        return self._file.id

    def _files(self, rows: slice) -> list[ImageFile]:
        return [self._file][rows]


def is_one_image(found: ImageListBuilder) -> bool:
    """Whether a single image file was found, and its path can be an ID."""
    only = found.only
    return bool(only) and "\n" not in only and "\r" not in only and len(os.fsencode(only)) <= LONGEST_ID
