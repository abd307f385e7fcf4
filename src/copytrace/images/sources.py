"""Lists the images of a source: one image, a folder, a list file or a tar file."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from copytrace.errors import SourceError
from copytrace.images.file import plain_reason, shown
from copytrace.images.folder import find_in_folder
from copytrace.images.formats import EXTENSIONS, ending_of, format_of
from copytrace.images.found import Found
from copytrace.images.image_list import ImageList, order_images
from copytrace.images.list_file import find_in_list
from copytrace.images.tar import find_in_tar

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.images.ids import IdScheme

_COMPRESSED_TARS = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
_WANTED = "a folder, an image, a list of images (.txt) or a tar file (.tar)"


def list_images(source: Path, *, ids: IdScheme = "auto") -> ImageList:
    """The images of a source, in the order of their IDs; none is opened yet.

    - A folder: every file in it and its subfolders that has an image's ending; what starts with a dot is
      left out, and links are followed without entering a folder twice.
    - A text file (`.txt`): one path in each line, relative to the list's folder; `#` begins a comment line.
    - A tar file (`.tar`, not compressed): every member that has an image's ending.
    - Any other file is one image.

    A file or subfolder that cannot be used does not stop the listing; it is in `failures` of the result.

    Args:
        source: the folder or file.
        ids: what IDs are made of; see `IdScheme`.

    Raises:
        SourceError: the source is not there, cannot be read or holds no image, or under `stem` two images
            would have one ID.
    """
    name = shown(os.fspath(source))
    try:
        found = _find(source, name)
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: {plain_reason(error)}. Wanted: {_WANTED}.") from error
    if not len(found):
        raise SourceError(_nothing(name, found))
    return order_images(name, found, ids)


def _find(source: Path, name: str) -> Found:
    path = os.fspath(source)
    mode = source.stat().st_mode
    if stat.S_ISDIR(mode):
        found = Found(path)
        find_in_folder(path, found)
    elif not stat.S_ISREG(mode):
        raise SourceError(f"{name}: is a pipe, socket or device. Wanted: {_WANTED}.")
    elif path.lower().endswith(_COMPRESSED_TARS):
        raise SourceError(
            f"{name}: images in a compressed tar file cannot be read at random. Decompress it first "
            "(gunzip, bunzip2, unxz or unzstd) and give the .tar file."
        )
    elif ending_of(path) == ".tar":
        found = Found(path, tar=True)
        find_in_tar(path, found)
    else:
        found = Found(os.fspath(source.parent))
        if ending_of(path) == ".txt":
            find_in_list(source, found)
        elif ending_of(path) in EXTENSIONS or _starts_like_an_image(source):
            found.add(source.name)
        else:
            raise SourceError(f"{name}: is no image. Wanted: {_WANTED}.")
    return found


def _starts_like_an_image(path: Path) -> bool:
    with path.open("rb") as file:
        return format_of(file.read(16)) is not None


def _nothing(name: str, found: Found) -> str:
    """Why a source without a usable image is an error."""
    message = (
        f"{name}: there is no image in it. Wanted: files that end in {', '.join(sorted(EXTENSIONS))}, in "
        "subfolders too, but not hidden ones; or a list with a path in each line."
    )
    if found.failures:
        first = min(found.failures, key=lambda failure: failure.name)
        message += f" {len(found.failures):,} could not be used; the first: {first.name}: {first.reason}."
    return " ".join((message, *found.notices(name)))
