"""Reads a list of images: a text file with one path in each line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.images.found import Found


def find_in_list(path: Path, found: Found) -> None:
    """Take every path of a list, whatever its ending; whether it is there shows when it is read.

    Paths are relative to the list's folder. Space around a path, empty lines and lines that start with `#`
    do not count (write `./#1.jpg` for a file whose name starts so).

    Raises:
        OSError: the list cannot be read.
    """
    # Names on disk are bytes; those that are not UTF-8 are carried over so that they can be reported.
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
        for line in lines:
            entry = line.strip()
            if entry and not entry.startswith("#"):
                found.add(os.path.normpath(entry))
