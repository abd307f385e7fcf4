"""Opens untrusted HDF5 files, and finds their datasets without following links."""

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
"""What h5py raises for a damaged file, depending on where the library fails."""

_MOST_MEMBERS = 64
_LONGEST_REASON = 160
_LINK_KINDS = {h5py.h5l.TYPE_SOFT: "a soft link", h5py.h5l.TYPE_EXTERNAL: "an external link to another file"}


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, without a lock, so that a read-only folder works.

    Raises:
        SubmissionError: the file cannot be opened, is not HDF5, or is damaged.
    """
    if not is_hdf5(path):
        raise SubmissionError(
            [f"{path}: is not HDF5; expected an HDF5 file. Write it with h5py or copytrace."]
        )
    try:
        file = h5py.File(path, "r", locking=False)
    except HDF5_ERRORS as error:
        problem = f"cannot be opened as HDF5: {reason(error)}. Write or copy it again."
        raise SubmissionError([f"{path}: {problem}"]) from error
    with file:
        yield file


@contextmanager
def noting_damage(place: str, faults: Faults) -> Iterator[None]:
    """Record a fault if the HDF5 library fails on damaged or forged bytes, and continue after the block."""
    try:
        yield
    except HDF5_ERRORS as error:
        faults.add(f"{place} is damaged: {reason(error)}. Write or copy the file again.")


def judge_links(file: h5py.File, faults: Faults) -> None:
    """Record members of a file that are links: a file must contain its data itself, under the expected names."""
    links: list[tuple[bytes, int]] = []

    def note(name: bytes, info: h5py.h5l.LinkInfo) -> None:
        if info.type != h5py.h5l.TYPE_HARD:
            links.append((name, info.type))

    with noting_damage("the list of datasets", faults):
        if len(file.id) > _MOST_MEMBERS:
            faults.add(f"contains {len(file.id):,} datasets and groups; expected only the few of its format.")
            return
        file.id.links.iterate(note, info=True)
    for name, kind in links:
        link = _LINK_KINDS.get(kind, "a link of an unknown kind")
        faults.add(f"{shown(name.decode(errors='replace'))} is {link}; store the data itself instead.")


def has_member(file: h5py.File, name: str, faults: Faults) -> bool:
    """Whether a file has a member of this name, of any kind."""
    with noting_damage("the list of datasets", faults):
        return name.encode() in file.id
    return False


def find_dataset(file: h5py.File, name: str, faults: Faults) -> h5py.h5d.DatasetID | None:
    """The dataset of this name; None and a fault if there is none. Links are never followed."""
    if name.encode() not in file.id:
        members = ", ".join(shown(member) for member in list(file)[:_MOST_MEMBERS]) or "nothing"
        faults.add(f"has no dataset {name!r}; the file contains {members}.")
        return None
    if file.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
        return None  # judge_links has recorded it.
    member = h5py.h5o.open(file.id, name.encode())
    if not isinstance(member, h5py.h5d.DatasetID):
        faults.add(f"{name!r} is a group or a type; expected a dataset.")
        return None
    return member


def reason(error: BaseException) -> str:
    """An error of the HDF5 library in short form."""
    text = str(error).strip("'\"") or type(error).__name__
    return repr(text.splitlines()[0][:_LONGEST_REASON])[1:-1]
