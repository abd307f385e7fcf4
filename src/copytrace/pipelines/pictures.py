"""The pictures of a side: the image file of each row, and the digest of its bytes."""

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
"""Up to this many digests are read one by one rather than all at once."""


class PictureRows(Protocol):
    """The pictures of one side of pairs, by row."""

    @property
    def keypoints(self) -> Path | None:
        """The file of their features; None if there is none."""

    def __len__(self) -> int:
        """The number of rows."""

    def has_keypoints(self) -> bool:
        """Whether features of some pictures are kept."""

    def file(self, row: int) -> ImageFile | None:
        """The image of a row, which may be gone by now; None if its location is unknown."""

    def missing(self, row: int) -> Failure:
        """The failure to report for a row without an image."""

    def digest(self, row: int) -> str | None:
        """SHA-256 of the file's bytes when it was described, in hexadecimal; None if unknown."""

    def digests(self, rows: Sequence[int]) -> list[str | None]:
        """The digests of some rows."""


def pictures_of(side: Side, given: Path | str | None = None, ids: IdScheme = "auto") -> Pictures:
    """The pictures of a side.

    They are taken from the location that the user names, else from the images that were described for this search, else
    from the set's recorded source. Nothing is opened yet.

    Args:
        side: queries or references.
        given: location of the pictures (see `list_images`), which are found there by their IDs.
        ids: how to form those IDs.

    Raises:
        SourceError: there are no images at the location that the user names.
    """
    images = side.images if given is None else list_images(given, ids=ids)
    keypoints = None if side.images is not None else keypoints_beside(side.descriptors.path)
    return Pictures(side.descriptors, images, keypoints)


def pictures_of_sets(
    sets: Sequence[StoredDescriptors | None], given: Sequence[Path | str | None], ids: IdScheme
) -> list[Pictures | None]:
    """The pictures of the sides, queries and references, that are sets; None for images.

    Args:
        sets: both sides.
        given: the user's location of each side's pictures.
        ids: how to form IDs there.

    Raises:
        InputError: a set has neither pictures nor features.
        SourceError: there are no images at the location that the user names.
    """
    options = "--query-images", "--reference-images"
    return [
        None if descriptors is None else reachable_pictures(descriptors, place, ids, option)
        for descriptors, place, option in zip(sets, given, options, strict=True)
    ]


def reachable_pictures(
    descriptors: StoredDescriptors, given: Path | str | None, ids: IdScheme, option: str
) -> Pictures:
    """The pictures of a set, at least some of which can be read or were read before.

    Args:
        descriptors: the set.
        given: the user's location of the pictures.
        ids: how to form IDs there.
        option: the option for that location.

    Raises:
        InputError: the set has neither pictures nor features.
        SourceError: there are no images at the location that the user names.
    """
    pictures = pictures_of(Side(descriptors), given, ids)
    some = range(min(_FEW, len(pictures)))
    if some and not pictures.has_keypoints() and all(pictures.file(row) is None for row in some):
        place = given or descriptors.source
        said = f"are not at {place}" if place else "cannot be found, since the set records no source"
        raise InputError(
            f"{descriptors.path}: its pictures {said}, but verification needs them. Name the folder that "
            f"contains them: {option} FOLDER; or compare vectors only: --no-verify"
        )
    return pictures


class Pictures:
    """The pictures of a descriptor set's rows, see `PictureRows`; unpacked tar files exist as long as this object.

    Args:
        descriptors: the set.
        images: its images; None: the set's recorded source.
        keypoints: the file of their features; None if there is none.
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
        """The image of a row, which may be gone by now; None if its location is unknown."""
        paths = self._set.paths
        return self._files.find(self._set.ids[row], paths[row] if paths else None)

    def missing(self, row: int) -> Failure:
        """The failure to report for a row without an image."""
        return Failure(self._set.ids[row], "its picture was not found")

    def digest(self, row: int) -> str | None:
        """SHA-256 of the file's bytes when it was described, in hexadecimal; None if unknown."""
        digests = self._set.content_sha256
        return None if digests is None else digests[row]

    def digests(self, rows: Sequence[int]) -> list[str | None]:
        """The digests of some rows; for many rows, the column is read at once."""
        digests = self._set.content_sha256
        if digests is None or len(rows) <= _FEW:
            return [self.digest(row) for row in rows]
        first = min(rows)
        column = digests[first : max(rows) + 1]
        return [column[row - first] for row in rows]


def is_there(file: ImageFile) -> bool:
    """Whether an image is not known to be gone."""
    return is_remote(file.path) or Path(file.path).is_file()
