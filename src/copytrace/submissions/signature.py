"""Tells an HDF5 file by its first bytes, without the HDF5 library, which takes a while to load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.submissions.inputs import open_input

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""The first bytes of an HDF5 file."""


def is_hdf5(path: Path) -> bool:
    """Whether the content of a file begins as HDF5 does; its name does not count.

    Raises:
        SubmissionError: the file cannot be opened.
    """
    with open_input(path) as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def is_descriptor_file(path: Path) -> bool:
    """Whether a path is an HDF5 file, by its content; false for folders, images and what is not there."""
    return path.is_file() and is_hdf5(path)
