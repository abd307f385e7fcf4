"""Lists the images of a source: one image, a folder, a list file, tar files, or what lies at a URL."""

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
from copytrace.images.image_list import ImageList, order_images
from copytrace.images.list_builder import Container, ImageListBuilder
from copytrace.images.raw import is_raw
from copytrace.images.shards import expand, find_in_shards, is_shard
from copytrace.progress import SILENT
from copytrace.stores import is_remote, parse_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.images.naming import IdScheme
    from copytrace.progress import Progress

_COLLAPSED = re.compile(r"^(s3|https?):/(?=[^/])")
_WANTED = "a folder, an image, a list of images (.txt), a tar file (.tar, .tar.gz) or a URL (s3://, https://)"


def list_images(
    source: Path | str | Sequence[Path | str],
    *,
    ids: IdScheme = "auto",
    exclude: Sequence[str] = (),
    progress: Progress = SILENT,
) -> ImageList:
    """The images of a source, in the order of their IDs; none is opened yet.

    - A folder: every image in it and its subfolders; what starts with a dot and folders of thumbnails are left
      out, and links are followed without entering a folder twice. A folder without images that holds tar files is
      a set of shards.
    - A text file (`.txt`): one path in each line, relative to the list's folder; `#` begins a comment line.
    - A tar file (`.tar`, `.tar.gz`, `.tar.bz2`, `.tar.xz`), or several: `train-{0000..0127}.tar`. Compressed ones
      are unpacked into a temporary folder (see TMPDIR).
    - Any other file is one image.
    - A URL, `s3://` or `https://`: an image, a tar file, or everything below it.

    In a folder or a tar file, an image is known by its ending; a file with the ending of another picture (`.heic`) is
    one if its content is. Other pictures are counted in `left_out` of the result, of which `notices` tell.

    A file or subfolder that cannot be used does not stop the listing; it is in `failures` of the result.

    Args:
        source: the folder or file, the pattern, or the URL. Several folders and images are one source, which is the
            folder that holds them all.
        ids: what IDs are made of; see `IdScheme`.
        exclude: patterns of files and folders to skip, such as `*.gif`, `drafts` or `*/2019/*`. A pattern matches a
            path below the source, or its last part.
        progress: hears how many shards are unpacked.

    Raises:
        SourceError: the source is not there, cannot be read or holds no image, or under `stem` two images
            would have one ID.
    """
    several = [] if isinstance(source, Path | str) else list(source)
    if not isinstance(source, Path | str):
        source = several[0] if len(several) == 1 else _folder_of_all(several)
    text = _as_given(source)
    name = shown(text)
    keep: object = None
    shards: list[str] = []
    try:
        if len(several) > 1:
            found = _find_in_several(text, several, exclude)
        elif is_remote(text):
            found, shards = _find_at_url(text, exclude)
        elif "{" in text and not Path(text).exists():
            found, shards = ImageListBuilder(text, exclude=exclude), expand(text)
        else:
            found, shards = _find(Path(text), name, exclude)
        if shards and not len(found):
            keep = find_in_shards(shards, found, progress)
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: {plain_reason(error)}. Wanted: {_WANTED}.") from error
    if not len(found):
        raise SourceError(_nothing(name, found))
    listed = order_images(name, found, ids, address=source_address(source), keep=keep)
    if not listed:
        raise SourceError(_nothing(name, found))
    return listed


def source_address(source: Path | str) -> str:
    """A source as an absolute path or a URL, the same from wherever it is named."""
    text = _as_given(source)
    return text if is_remote(text) else shown(os.fspath(Path(text).resolve()))


def _as_given(source: Path | str) -> str:
    # A Path has made one slash of two.
    return _COLLAPSED.sub(r"\1://", os.fspath(source))


def _folder_of_all(sources: Sequence[Path | str]) -> str:
    """The folder that holds all of several folders and images.

    Raises:
        SourceError: one of them is something else.
    """
    for source in map(_as_given, sources):
        if is_remote(source) or is_shard(source) or ending_of(source) == ".txt":
            raise SourceError(
                f"{shown(source)}: cannot be combined with others. Only folders and images can."
            )
        if not Path(source).exists():
            raise SourceError(f"{shown(source)}: no such file or directory. Expected {_WANTED}.")
    places = [Path(source).resolve() for source in sources]
    return os.path.commonpath([place if place.is_dir() else place.parent for place in places])


def _find_in_several(root: str, sources: Sequence[Path | str], exclude: Sequence[str]) -> ImageListBuilder:
    found = ImageListBuilder(root, exclude=exclude)
    places = dict.fromkeys(Path(source).resolve() for source in sources)
    folders = [place for place in places if place.is_dir()]
    below = [os.path.relpath(folder, root) for folder in folders]
    find_in_folder(root, found, ["" if path == "." else path for path in below])
    for place in places:
        if not any(place.is_relative_to(folder) for folder in folders):
            found.add(os.path.relpath(place, root))
    return found


def _find_at_url(url: str, exclude: Sequence[str]) -> tuple[ImageListBuilder, list[str]]:
    """What lies at a URL: its images, and its tar files."""
    # Brings asyncio and HTTP along, which take as long to import as the smallest lookup to run.
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
    """What lies at a path: its images, and its tar files."""
    path = os.fspath(source)
    mode = source.stat().st_mode
    if stat.S_ISDIR(mode):
        found = ImageListBuilder(path, exclude=exclude)
        find_in_folder(path, found)
        inside = (child for child in source.iterdir() if is_shard(child.name) and child.name[0] != ".")
        return found, [] if len(found) else sorted(map(os.fspath, inside))
    if not stat.S_ISREG(mode):
        raise SourceError(f"{name}: is a pipe, socket or device. Wanted: {_WANTED}.")
    if is_shard(path):
        return ImageListBuilder(path, tar=True, exclude=exclude), [path]
    found = ImageListBuilder(os.fspath(source.parent), exclude=exclude)
    if ending_of(path) == ".txt":
        _find_in_list(source, found)
    elif ending_of(path) in EXTENSIONS or _starts_like_an_image(source):
        found.add(source.name)
    else:
        raise SourceError(f"{name}: is no image. Wanted: {_WANTED}.")
    return found, []


def _find_in_list(path: Path, found: ImageListBuilder) -> None:
    """Take every path of a list, whatever its ending; whether it is there shows when it is read.

    Paths are relative to the list's folder. Space around a path, empty lines and lines that start with `#`
    do not count (write `./#1.jpg` for a file whose name starts so). Windows writes lists in UTF-16.
    """
    with path.open("rb") as file:
        wide = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    # Names on disk are bytes; those that are not UTF-8 are carried over so that they can be reported.
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
    """Why a source without a usable image is an error."""
    message = (
        f"{name}: there is no image in it. Wanted: files that end in {', '.join(sorted(EXTENSIONS))}, in "
        "subfolders too, but not hidden ones; or a list with a path in each line."
    )
    if found.failures:
        first = min(found.failures, key=lambda failure: failure.name)
        message += f" {len(found.failures):,} could not be used; the first: {first.name}: {first.reason}."
    return " ".join((message, *found.notices(name)))
