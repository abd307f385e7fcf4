"""Finds the images of a folder and its subfolders."""

from __future__ import annotations

import heapq
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.images.file import plain_reason
from copytrace.images.formats import HEAD_BYTES

if TYPE_CHECKING:
    from copytrace.images.list_builder import ImageListBuilder


def find_in_folder(root: str, found: ImageListBuilder) -> None:
    """Find every image at any depth, except in hidden files and folders and folders of thumbnails.

    Links are followed, but no folder is entered twice: a folder inside `root` is found there and not through a
    link, so cycles of links do no harm and no image gets two names.

    Raises:
        OSError: `root` itself cannot be read. An unreadable subfolder becomes a failure.
    """
    entered: set[tuple[int, int]] = set()
    own, linked = [""], list[str]()
    while own or linked:
        folder = own.pop() if own else heapq.heappop(linked)
        try:
            status = Path(root, folder).stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            subfolders, links = _search(root, folder, found)
        except OSError as error:
            if not folder:
                raise
            found.fail(folder, f"{plain_reason(error)}; the images in this folder were skipped")
            continue
        own += subfolders
        for link in links:
            heapq.heappush(linked, link)


def _search(root: str, folder: str, found: ImageListBuilder) -> tuple[list[str], list[str]]:
    """Offer the files of one folder; return its subfolders and the links to folders."""
    subfolders, links = list[str](), list[str]()
    with os.scandir(Path(root, folder)) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            relative = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            is_link = entry.is_symlink() and os.path.isdir(entry.path)  # noqa: PTH112 - Path.is_dir may raise
            if not (is_folder or is_link):
                found.offer(relative, head=partial(_head, entry))
            elif not found.skips(relative):
                (links if is_link else subfolders).append(relative)
    return subfolders, links


def _head(entry: os.DirEntry[str]) -> bytes:
    """The first bytes of a file; empty if it is not a file or cannot be read."""
    try:
        if not entry.is_file():
            return b""
        with Path(entry.path).open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
