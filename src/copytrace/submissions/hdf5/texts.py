"""Reads IDs and short texts, of fixed or variable length."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import h5py

from copytrace.errors import SubmissionError
from copytrace.submissions.faults import Faults, shown
from copytrace.submissions.hdf5.element_types import VARIABLE_TEXT, type_name
from copytrace.submissions.hdf5.opening import HDF5_ERRORS, reason
from copytrace.submissions.ids import LONGEST_ID

if TYPE_CHECKING:
    from copytrace.submissions.hdf5.rows import StoredRows


def read_texts(file: h5py.File, rows: StoredRows) -> list[str]:
    """All texts of a dataset, without the padding of a fixed length.

    Raises:
        SubmissionError: the dataset is damaged, or a text is not UTF-8 or has an absurd length.
    """
    texts = _variable(file, rows) if rows.dtype == VARIABLE_TEXT else rows[:].tolist()
    decoded: list[str] = []
    for row, text in enumerate(texts):
        try:
            # C programs end a text with NUL and leave the rest as it was.
            decoded.append(text.partition(b"\0")[0].rstrip(rows.padding).decode())
        except UnicodeDecodeError as error:
            sentence = f"{rows.name!r} has a text in row {row} that is not UTF-8: {shown(repr(text))}."
            raise SubmissionError([f"{file.filename}: {sentence} Write the texts as UTF-8."]) from error
    return decoded


def read_attribute(file: h5py.File, name: str, faults: Faults) -> str | None:
    """The text of an attribute, or None where there is no such attribute, or a fault if it is no short text."""
    if not h5py.h5a.exists(file.id, name.encode()):
        return None
    try:
        attribute = h5py.h5a.open(file.id, name.encode())
        found = attribute.get_type()
        if found.get_class() != h5py.h5t.STRING or attribute.shape != () or found.get_size() > LONGEST_ID:
            faults.add(
                f"the attribute {name!r} holds {type_name(found)} of the shape {attribute.shape};"
                " one short text is wanted."
            )
            return None
        value = file.attrs[name]
        return value.decode() if isinstance(value, bytes) else str(value)
    except HDF5_ERRORS as error:
        faults.add(f"the attribute {name!r} cannot be read: {reason(error)}. Write it anew.")
        return None


def _variable(file: h5py.File, rows: StoredRows) -> list[bytes]:
    """Texts of variable length, once their lengths are judged: the library reserves whatever they claim."""
    lengths = rows[:]["length"].astype("i8")
    longest, together = int(lengths.max()), int(lengths.sum())
    if longest > LONGEST_ID or together > Path(file.filename).stat().st_size:
        sentence = (
            f"{rows.name!r} declares texts of up to {longest:,} bytes, {together:,} together;"
            f" at most {LONGEST_ID:,} each, and no more than the file has, are wanted."
        )
        raise SubmissionError([f"{file.filename}: {sentence}"])
    return rows.read_text()
