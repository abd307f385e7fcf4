"""The images of a source as a sequence."""

from __future__ import annotations

import os
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from copytrace.errors import InputError
from copytrace.images.file import ImageFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copytrace.records import Failure

IdScheme = Literal["auto", "stem", "path"]
"""`stem`: the file name without folder and extension; `path`: the path within the source, prefixed with the shard if
two shards contain the same path (`part-000/000000`); `auto`: stem if that makes every ID unique, else path."""
STEM = r"(?s)^(?:.*/)?([^/]+?)(?:\.[^./]*)?$"
"""The file name of a path, as group 1: only the last extension is cut, and a name like ".jpg" stays whole."""
LONGEST_ID = 4096
"""Bytes of UTF-8; a path can be this long."""
_BATCH = 1024


class ImageList(Sequence[ImageFile]):
    """The images of a source, in code-point order of their IDs; each `ImageFile` is created on access.

    Attributes:
        source: the images' source as an absolute path or a URL.
        scheme: how IDs were formed: `stem` or `path`.
        notices: notes for people on IDs and skipped pictures.
        left_out: how many pictures of each kind, and folders (`@eaDir/`) of each name, were skipped.
        failures: unusable files and subfolders, by name, each with its reason.
    """

    def __init__(
        self,
        source: str,
        scheme: Literal["stem", "path"],
        notices: tuple[str, ...] = (),
        left_out: Mapping[str, int] | None = None,
        failures: tuple[Failure, ...] = (),
    ) -> None:
        self.source = source
        self.scheme = scheme
        self.left_out = dict(left_out or {})
        self.notices = notices
        self.failures = failures

    @property
    @abstractmethod
    def ids(self) -> list[str]:
        """All IDs, in order."""

    @abstractmethod
    def _reads(self, place: Path) -> bool:
        """Whether a resolved path is one of the images, or a tar file that contains them."""

    @abstractmethod
    def _id(self, row: int) -> str:
        """The ID of an image."""

    @abstractmethod
    def _files(self, rows: slice) -> list[ImageFile]:
        """Some of the images."""

    def require_apart(self, output: Path) -> None:
        """Refuse an output that would replace one of the images, or a tar file that contains them.

        Raises:
            InputError: the output is one of them.
        """
        if self._reads(output.resolve()):
            raise InputError(f"{output}: is one of the images to read. Name another output.")

    def find(self, image_id: str) -> int | None:
        """The row of the image with this ID, or None."""
        row = bisect_left(range(len(self)), image_id, key=self._id)
        return row if row < len(self) and self._id(row) == image_id else None

    @overload
    def __getitem__(self, index: int) -> ImageFile: ...
    @overload
    def __getitem__(self, index: slice) -> list[ImageFile]: ...
    def __getitem__(self, index: int | slice) -> ImageFile | list[ImageFile]:
        if isinstance(index, slice):
            return self._files(index)
        row = range(len(self))[index]
        return self._files(slice(row, row + 1))[0]

    def __iter__(self) -> Iterator[ImageFile]:
        for start in range(0, len(self), _BATCH):
            yield from self._files(slice(start, start + _BATCH))


def names_within(root: str, place: Path) -> tuple[str, str]:
    """The names that a resolved path may have in a list of images below a folder: relative, or absolute."""
    return os.path.relpath(place, Path(root).resolve()), os.fspath(place)


def told_early(source: str, failures: Sequence[Failure]) -> tuple[str, ...]:
    """A notice, shown before the work, of what could not be used while listing."""
    if not failures:
        return ()
    first = f"{failures[0].name}: {failures[0].reason}"
    return (f"{source}: cannot use {len(failures):,} of the files or folders; the first is {first}.",)
