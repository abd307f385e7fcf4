"""Opens input files that the user names, and recognises HDF5 by its first bytes.

The HDF5 library takes a while to load, and neither task needs it.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from copytrace.errors import SubmissionError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""The first bytes of an HDF5 file, or of what follows its user block."""
SMALLEST_USER_BLOCK = 512


def open_input(path: Path) -> BinaryIO:
    """Open a regular file for reading bytes.

    Pipes and devices are refused: they may never end, and a check reads parts of a file twice.

    Raises:
        SubmissionError: the file does not exist, is not a regular file, or is not readable.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "not a regular file"
            raise SubmissionError([f"{path}: is {kind}; expected a file. Give the path of the file itself."])
        return path.open("rb")
    except OSError as error:
        raise SubmissionError([f"{path}: {error.strerror}. Check the path and its permissions."]) from error


def is_hdf5(path: Path) -> bool:
    """Whether the content of a file is HDF5, whatever its name.

    The signature may follow a user block of 512 bytes, or of that size doubled any number of times, as MATLAB
    writes it.

    Raises:
        SubmissionError: the file cannot be opened.
    """
    with open_input(path) as file:
        size = file.seek(0, os.SEEK_END)
        start = 0
        while start < size:
            file.seek(start)
            if file.read(len(SIGNATURE)) == SIGNATURE:
                return True
            start = max(2 * start, SMALLEST_USER_BLOCK)
    return False


def is_descriptor_file(path: Path) -> bool:
    """Whether a path is an HDF5 file by its content; false for folders, images and missing files."""
    return path.is_file() and is_hdf5(path)


def set_files(folder: Path) -> list[Path]:
    """The descriptor sets in a folder that contains nothing else, in the order of their names; empty otherwise.

    A folder with pictures next to a set is a folder of pictures. Hidden files are ignored.
    """
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return files if all(path.suffix == ".h5" and path.is_file() for path in files) else []


def is_descriptor_set(path: Path) -> bool:
    """Whether a path is an HDF5 file, or a folder of nothing but `.h5` files, which is read as one set."""
    return bool(set_files(path)) if path.is_dir() else is_descriptor_file(path)
