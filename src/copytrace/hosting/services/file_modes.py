"""Keeps other users of the machine out of the site's folder, which holds the truth and participants' addresses."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHERS = 0o077
"""The permissions of the group and of everybody else."""


def tighten(folder: Path) -> int:
    """Remove other users' permissions from a folder and everything in it; returns how many entries had any.

    Raises:
        InputError: an entry belongs to another user, so the site cannot change its permissions.
    """
    found = list(open_to_others(folder))
    for path in found:
        try:
            # Another process of the site may delete a file meanwhile.
            with suppress(FileNotFoundError):
                path.chmod(path.stat().st_mode & ~OTHERS)
        except PermissionError as error:
            raise InputError(
                f"{path} belongs to another user and is readable by others. Give it to the site's user, or run:"
                f" chmod go-rwx {path}"
            ) from error
    return len(found)


def open_to_others(folder: Path) -> Iterator[Path]:
    """The entries of a folder, itself included, that other users have any permission on."""
    if folder.is_dir():
        if _is_open(folder):
            yield folder
        for above, folders, files in os.walk(folder):
            inside = [Path(above) / name for name in (*folders, *files)]
            yield from (path for path in inside if _is_open(path))


def _is_open(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        # Another process of the site has just deleted it.
        return False
    return not stat.S_ISLNK(mode) and bool(mode & OTHERS)
