"""Lists the images of a source: one image, a folder, a list file, tar files, or a URL."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import SourceError
from copytrace.images.file import plain_reason, shown
from copytrace.images.folder import find_in_folder
from copytrace.images.formats import EXTENSIONS, HEAD_BYTES, ending_of, format_of
from copytrace.images.image_list import ImageList
from copytrace.images.list_builder import Container, ImageListBuilder
from copytrace.images.one_image import OneImage, is_one_image
from copytrace.images.picture_list import PictureList, Source
from copytrace.images.raw import is_raw
from copytrace.images.shards import expand, find_in_shards, is_shard
from copytrace.progress import SILENT
from copytrace.stores import is_remote, parse_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.images.image_list import IdScheme
    from copytrace.progress import Progress

_COLLAPSED = re.compile(r"^(s3|https?):/(?=[^/])")
_WANTED = "a folder, an image, a list of images (.txt), a tar file (.tar, .tar.gz) or a URL (s3://, https://)"


def list_images(
    source: Source, *, ids: IdScheme = "auto", exclude: Sequence[str] = (), progress: Progress = SILENT
) -> ImageList:
    """List the images of a source, in the order of their IDs, without opening any.

    - A folder: every image in it and its subfolders, except hidden files and folders of thumbnails. Links are
      followed, but no folder is entered twice. A folder without images that contains tar files is a set of shards.
    - A text file (`.txt`): one path per line, relative to the list's folder; lines that start with `#` are comments.
    - A tar file (`.tar`, `.tar.gz`, `.tar.bz2`, `.tar.xz`), or several: `train-{0000..0127}.tar`. Compressed files
      are unpacked into a temporary folder (see TMPDIR).
    - Any other file is one image.
    - A URL, `s3://` or `https://`: an image, a tar file, or everything below it.
    - Pictures in memory: the bytes of a file, a PIL image, an array, a list of them, or a mapping of IDs to them.

    In a folder or a tar file, images are recognised by their extension; a file with another picture's extension
    (`.heic`) counts if its content is an image. Other pictures are counted in the result's `left_out`, and its
    `notices` report them.

    A file or subfolder that cannot be used does not stop the listing; it is listed in the result's `failures`.

    Args:
        source: the folder or file, the pattern, the URL, or pictures; an `ImageList` is returned as it is.
        ids: how to form IDs; see `IdScheme`.
        exclude: patterns of files and folders to skip, such as `*.gif`, `drafts` or `*/2019/*`. A pattern matches a
            path below the source, or its last part.
        progress: reports how many shards have been unpacked.

    Raises:
        SourceError: the source is missing, cannot be read or contains no image, or with `stem` two images would get
            the same ID.
    """
    if isinstance(source, ImageList):
        return source
    if not isinstance(source, str | Path):
        return PictureList(source)
    text = _as_given(source)
    name = shown(text)
    keep: object = None
    try:
        if is_remote(text):
            found, shards = _find_at_url(text, exclude)
        elif "{" in text and not Path(text).exists():
            found, shards = ImageListBuilder(text, exclude=exclude), expand(text)
        else:
            found, shards = _find(Path(text), name, exclude)
        if shards and not len(found):
            keep = find_in_shards(shards, found, progress)
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: {plain_reason(error)}. Expected {_WANTED}.") from error
    return _ordered(name, found, ids, source_address(source), keep)


def source_address(source: Source) -> str:
    """A source as an absolute path or a URL, the same however it is named; empty for pictures in memory."""
    if isinstance(source, ImageList):
        return source.source
    if not isinstance(source, str | Path):
        return ""
    text = _as_given(source)
    return text if is_remote(text) else shown(os.fspath(Path(text).resolve()))


def _as_given(source: Path | str) -> str:
    # Path has turned two slashes into one.
    return _COLLAPSED.sub(r"\1://", os.fspath(source))


def list_together(
    sources: Sequence[Path | str], *, ids: IdScheme = "auto", exclude: Sequence[str] = ()
) -> ImageList:
    """List the images of several folders and image files as one source: the folder that contains them all.

    Args:
        sources: the folders and images.
        ids: how to form IDs; see `IdScheme`.
        exclude: patterns of files and folders to skip; see `list_images`.

    Raises:
        SourceError: one of them is something else or missing, or there is no image in them.
    """
    for source in map(_as_given, sources):
        if is_remote(source) or is_shard(source) or ending_of(source) == ".txt":
            raise SourceError(
                f"{shown(source)}: cannot be combined with others. Only folders and images can."
            )
        if not Path(source).exists():
            raise SourceError(f"{shown(source)}: no such file or directory. Expected {_WANTED}.")
    places = dict.fromkeys(Path(source).resolve() for source in sources)
    folders = [place for place in places if place.is_dir()]
    root = os.path.commonpath([place if place.is_dir() else place.parent for place in places])
    found = ImageListBuilder(root, exclude=exclude)
    starts = [os.path.relpath(folder, root) for folder in folders]
    find_in_folder(root, found, ["" if start == "." else start for start in starts])
    for place in places:
        if not any(place.is_relative_to(folder) for folder in folders):
            found.add(os.path.relpath(place, root))
    return _ordered(shown(root), found, ids, root)


def _ordered(
    name: str, found: ImageListBuilder, ids: IdScheme, address: str, keep: object = None
) -> ImageList:
    """The images found, in order.

    Raises:
        SourceError: there is none.
    """
    if is_one_image(found):
        return OneImage(name, found, ids, address)
    from copytrace.images.packed_list import order_images

    listed = order_images(name, found, ids, address=address, keep=keep) if len(found) else None
    if not listed:
        raise SourceError(_nothing(name, found))
    return listed


def _find_at_url(url: str, exclude: Sequence[str]) -> tuple[ImageListBuilder, list[str]]:
    """The images and tar files at a URL."""
    # Loads asyncio and HTTP, whose import takes as long as the smallest lookup.
    from copytrace.images.remote import find_at, find_one_at

    if "{" in url or is_shard(url):
        return ImageListBuilder(url, exclude=exclude), expand(url)
    address = parse_address(url)
    if ending_of(address.name) in EXTENSIONS:
        found = ImageListBuilder.within(Container("url", str(address.folder)))
        find_one_at(address, found)
        return found, []
    found = ImageListBuilder.within(Container("url", str(address)), exclude)
    return found, [f"{address}/{path}" for path in find_at(address, found) if is_shard(path)]


def _find(source: Path, name: str, exclude: Sequence[str]) -> tuple[ImageListBuilder, list[str]]:
    """The images and tar files at a path."""
    path = os.fspath(source)
    mode = source.stat().st_mode
    if stat.S_ISDIR(mode):
        found = ImageListBuilder(path, exclude=exclude)
        find_in_folder(path, found)
        inside = (child for child in source.iterdir() if is_shard(child.name) and child.name[0] != ".")
        return found, [] if len(found) else sorted(map(os.fspath, inside))
    if not stat.S_ISREG(mode):
        raise SourceError(f"{name}: is a pipe, socket or device. Expected {_WANTED}.")
    if is_shard(path):
        return ImageListBuilder(path, tar=True, exclude=exclude), [path]
    found = ImageListBuilder(os.fspath(source.parent), exclude=exclude)
    if ending_of(path) == ".txt":
        _find_in_list(source, found)
    elif ending_of(path) in EXTENSIONS or _starts_like_an_image(source):
        found.add(source.name)
    else:
        raise SourceError(f"{name}: is not an image. Expected {_WANTED}.")
    return found, []


def _find_in_list(path: Path, found: ImageListBuilder) -> None:
    """Add every path of a list, whatever its extension; a missing file is reported when it is read.

    Paths are relative to the list's folder. Surrounding spaces, empty lines and lines that start with `#` are
    ignored (write `./#1.jpg` for a file whose name starts with `#`). Windows writes lists in UTF-16.
    """
    with path.open("rb") as file:
        wide = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    # File names are bytes; names that are not UTF-8 are kept so that they can be reported.
    encoding, errors = ("utf-16", "strict") if wide else ("utf-8-sig", "surrogateescape")
    with path.open(encoding=encoding, errors=errors) as lines:
        for line in lines:
            entry = line.strip()
            if entry and not entry.startswith("#") and not found.excludes(entry):
                found.add(os.path.normpath(entry))


def _starts_like_an_image(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return format_of(head) is not None or is_raw(path.name, head)


def _nothing(name: str, found: ImageListBuilder) -> str:
    """The error message for a source without a usable image."""
    message = (
        f"{name}: contains no image. Expected files with the extensions {', '.join(sorted(EXTENSIONS))}, in "
        "subfolders too, but not hidden ones; or a list with one path per line."
    )
    if found.failures:
        first = min(found.failures, key=lambda failure: failure.name)
        message += f" {len(found.failures):,} could not be used; the first: {first.name}: {first.reason}."
    return " ".join((message, *found.notices(name)))
