"""Opens HDF5 files that nobody vouches for, and finds their datasets without following a link."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import h5py

from copytrace.errors import SubmissionError
from copytrace.vectors.faults import shown
from copytrace.vectors.input_file import is_hdf5

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.vectors.faults import Faults

HDF5_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError)
"""What h5py raises for a damaged file, depending on where the library stumbles."""

_MOST_MEMBERS = 64
_LONGEST_REASON = 160
_LINK_KINDS = {h5py.h5l.TYPE_SOFT: "a soft link", h5py.h5l.TYPE_EXTERNAL: "an external link to another file"}


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, without a lock, so that a read-only folder will do.

    Raises:
        SubmissionError: the file cannot be opened, is not HDF5, or is damaged.
    """
    if not is_hdf5(path):
        raise SubmissionError(
            [f"{path}: is not HDF5; an HDF5 file is wanted. Write it with h5py or copytrace."]
        )
    try:
        file = h5py.File(path, "r", locking=False)
    except HDF5_ERRORS as error:
        problem = f"cannot be opened as HDF5: {reason(error)}. Write or copy it anew."
        raise SubmissionError([f"{path}: {problem}"]) from error
    with file:
        yield file


@contextmanager
def noting_damage(place: str, faults: Faults) -> Iterator[None]:
    """Note a fault where the HDF5 library stumbles over damaged or forged bytes, and go on after the block."""
    try:
        yield
    except HDF5_ERRORS as error:
        faults.add(f"{place} is damaged: {reason(error)}. Write or copy the file anew.")


def judge_links(file: h5py.File, faults: Faults) -> None:
    """Note the members of a file that are links: a file must hold its data itself, under their own names."""
    links: list[tuple[bytes, int]] = []

    def note(name: bytes, info: h5py.h5l.LinkInfo) -> None:
        if info.type != h5py.h5l.TYPE_HARD:
            links.append((name, info.type))

    with noting_damage("the list of datasets", faults):
        if len(file.id) > _MOST_MEMBERS:
            faults.add(f"holds {len(file.id):,} datasets and groups; the few of its format are wanted.")
            return
        file.id.links.iterate(note, info=True)
    for name, kind in links:
        link = _LINK_KINDS.get(kind, "a link of an unknown kind")
        faults.add(f"{shown(name.decode(errors='replace'))} is {link}; store the data in its place.")


def has_member(file: h5py.File, name: str, faults: Faults) -> bool:
    """Whether a file has a member of a name, of whatever kind."""
    with noting_damage("the list of datasets", faults):
        return name.encode() in file.id
    return False


def find_dataset(file: h5py.File, name: str, faults: Faults) -> h5py.h5d.DatasetID | None:
    """The dataset of a name, or None and a fault if there is none; links are never followed."""
    if name.encode() not in file.id:
        members = ", ".join(shown(member) for member in list(file)[:_MOST_MEMBERS]) or "nothing"
        faults.add(f"there is no dataset {name!r}; the file holds {members}.")
        return None
    if file.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
        return None  # judge_links has noted it.
    member = h5py.h5o.open(file.id, name.encode())
    if not isinstance(member, h5py.h5d.DatasetID):
        faults.add(f"{name!r} is no dataset but a group or a type; a dataset is wanted.")
        return None
    return member


def reason(error: BaseException) -> str:
    """An error of the HDF5 library as a short text."""
    text = str(error).strip("'\"") or type(error).__name__
    return repr(text.splitlines()[0][:_LONGEST_REASON])[1:-1]
