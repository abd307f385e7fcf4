"""The pictures of a side: the image file behind each row, and the digest of its bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from copytrace.errors import InputError
from copytrace.images import list_images
from copytrace.pipelines.keypoint_file import keypoints_beside
from copytrace.pipelines.sides import Side
from copytrace.pipelines.source_files import SourceFiles
from copytrace.records import Failure
from copytrace.stores import is_remote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.images import IdScheme, ImageFile, ImageList
    from copytrace.vectors import StoredDescriptors

_FEW = 1024
"""Digests that are read one by one rather than all at once."""


class PictureRows(Protocol):
    """The pictures of one side of pairs, by row."""

    @property
    def keypoints(self) -> Path | None:
        """Where their features are kept; None: nowhere."""

    def __len__(self) -> int:
        """The number of rows."""

    def has_keypoints(self) -> bool:
        """Whether features of some pictures are kept."""

    def file(self, row: int) -> ImageFile | None:
        """The image of a row, which may have gone since; None where nothing tells where it lies."""

    def missing(self, row: int) -> Failure:
        """What is reported of a row without an image."""

    def digest(self, row: int) -> str | None:
        """SHA-256 of the file's bytes when it was described, in hexadecimal; None where that is not known."""

    def digests(self, rows: Sequence[int]) -> list[str | None]:
        """The digests of some rows."""


def pictures_of(side: Side, given: Path | str | None = None, ids: IdScheme = "auto") -> Pictures:
    """The pictures of a side.

    They lie where the user says, else among the images that were described for this search, else where the set says
    that its images came from. Nothing is opened yet.

    Args:
        side: queries or references.
        given: where the pictures lie (see `list_images`), found there by their IDs.
        ids: what those IDs are made of.

    Raises:
        SourceError: no images are where the user says.
    """
    images = side.images if given is None else list_images(given, ids=ids)
    keypoints = None if side.images is not None else keypoints_beside(side.descriptors.path)
    return Pictures(side.descriptors, images, keypoints)


def pictures_of_sets(
    sets: Sequence[StoredDescriptors | None], given: Sequence[Path | str | None], ids: IdScheme
) -> list[Pictures | None]:
    """The pictures of those sides, queries and references, that are sets; None for images.

    Args:
        sets: both sides.
        given: where the user says that the pictures of each lie.
        ids: what IDs are made of there.

    Raises:
        InputError: there are neither pictures nor features of a set.
        SourceError: no images are where the user says.
    """
    options = "--query-images", "--reference-images"
    return [
        None if descriptors is None else reachable_pictures(descriptors, place, ids, option)
        for descriptors, place, option in zip(sets, given, options, strict=True)
    ]


def reachable_pictures(
    descriptors: StoredDescriptors, given: Path | str | None, ids: IdScheme, option: str
) -> Pictures:
    """The pictures of a set, of which some can be read or were read before.

    Args:
        descriptors: the set.
        given: where the user says that they lie.
        ids: what IDs are made of there.
        option: by which the user says so.

    Raises:
        InputError: there are neither pictures nor features of a set.
        SourceError: no images are where the user says.
    """
    pictures = pictures_of(Side(descriptors), given, ids)
    some = range(min(_FEW, len(pictures)))
    if some and not pictures.has_keypoints() and all(pictures.file(row) is None for row in some):
        place = given or descriptors.source
        said = f"are not at {place}" if place else "are nowhere to be found, as the set names no source"
        raise InputError(
            f"{descriptors.path}: its pictures {said}, and verification compares pictures. Name the folder that "
            f"holds them: {option} FOLDER; or compare vectors only: --no-verify"
        )
    return pictures


class Pictures:
    """The pictures of a descriptor set's rows, see `PictureRows`; unpacked tar files last as long as this does.

    Args:
        descriptors: the set.
        images: its images; None: where the set says that they came from.
        keypoints: where their features are kept; None: nowhere.
    """

    def __init__(
        self,
        descriptors: StoredDescriptors,
        images: ImageList | None = None,
        keypoints: Path | None = None,
    ) -> None:
        self._set = descriptors
        paths = descriptors.paths
        self._files = SourceFiles(images, descriptors.source, paths[0] if paths else None)
        self.keypoints = keypoints

    def __len__(self) -> int:
        return len(self._set)

    def has_keypoints(self) -> bool:
        """Whether features of some pictures are kept."""
        return self.keypoints is not None and self.keypoints.exists()

    def file(self, row: int) -> ImageFile | None:
        """The image of a row, which may have gone since; None where nothing tells where it lies."""
        paths = self._set.paths
        return self._files.find(self._set.ids[row], paths[row] if paths else None)

    def missing(self, row: int) -> Failure:
        """What is reported of a row without an image."""
        return Failure(self._set.ids[row], "its picture was not found")

    def digest(self, row: int) -> str | None:
        """SHA-256 of the file's bytes when it was described, in hexadecimal; None where the set does not know."""
        digests = self._set.content_sha256
        return None if digests is None else digests[row]

    def digests(self, rows: Sequence[int]) -> list[str | None]:
        """The digests of some rows; of many, the column is read at once."""
        digests = self._set.content_sha256
        if digests is None or len(rows) <= _FEW:
            return [self.digest(row) for row in rows]
        first = min(rows)
        column = digests[first : max(rows) + 1]
        return [column[row - first] for row in rows]


def is_there(file: ImageFile) -> bool:
    """Whether an image is not known to be gone."""
    return is_remote(file.path) or Path(file.path).is_file()
