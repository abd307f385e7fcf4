"""Finds the images of a folder and its subfolders."""

from __future__ import annotations

import heapq
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.images.file import plain_reason
from copytrace.images.formats import EXTENSIONS, HEAD_BYTES, RAW_EXTENSIONS, READS_RAW, ending_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.images.list_builder import ImageListBuilder


def find_in_folder(root: str, found: ImageListBuilder, starts: Sequence[str] = ("",)) -> None:
    """Find every image at any depth, except in hidden files and folders, folders of thumbnails and excluded paths.

    Links are followed, but no folder is entered twice: a folder inside `root` is found there and not through a
    link, so cycles of links do no harm and no image gets two names.

    Args:
        root: the folder that paths start from.
        found: collects the images.
        starts: the folders below `root` to search.

    Raises:
        OSError: a folder to search cannot be read. An unreadable subfolder becomes a failure.
    """
    entered: set[tuple[int, int]] = set()
    own, linked = list(starts), list[str]()
    while own or linked:
        folder = own.pop() if own else heapq.heappop(linked)
        try:
            status = Path(root, folder).stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            subfolders, links = _search(root, folder, found)
        except OSError as error:
            if folder in starts:
                raise
            found.fail(folder, f"{plain_reason(error)}; the images in this folder were skipped")
            continue
        own += subfolders
        for link in links:
            heapq.heappush(linked, link)


def _search(root: str, folder: str, found: ImageListBuilder) -> tuple[list[str], list[str]]:
    """Offer the files of one folder; return its subfolders and the links to folders.

    A RAW file with an image of the same name belongs to that image, as a sidecar does.
    """
    subfolders, links = list[str](), list[str]()
    raw, stems = list[str](), set[str]()
    with os.scandir(Path(root, folder)) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if found.excludes(relative):
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            is_link = entry.is_symlink() and os.path.isdir(entry.path)  # noqa: PTH112 - Path.is_dir may raise
            if not (is_folder or is_link):
                ending = ending_of(relative)
                if READS_RAW and ending in RAW_EXTENSIONS:
                    raw.append(relative)
                    continue
                if ending in EXTENSIONS:
                    stems.add(_stem(relative))
                found.offer(relative, head=partial(_head, entry))
            elif not found.skips(relative):
                (links if is_link else subfolders).append(relative)
    for relative in raw:
        if _stem(relative) not in stems:
            found.add(relative)
    return subfolders, links


def _stem(relative: str) -> str:
    return relative.rpartition(".")[0]


def _head(entry: os.DirEntry[str]) -> bytes:
    """The first bytes of a file; empty if it is not a file or cannot be read."""
    try:
        if not entry.is_file():
            return b""
        with Path(entry.path).open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
