"""Reads IDs and short texts, of fixed or variable length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py

from copytrace.errors import SubmissionError
from copytrace.vectors.faults import Faults, shown
from copytrace.vectors.hdf5.attribute_text import attribute_text
from copytrace.vectors.hdf5.element_types import type_name
from copytrace.vectors.hdf5.opening import noting_damage
from copytrace.vectors.id_rules import LONGEST_ID

if TYPE_CHECKING:
    from copytrace.vectors.hdf5.stored_array import StoredArray


def read_texts(rows: StoredArray, faults: Faults) -> list[str] | None:
    """All texts of a dataset, without the padding of a fixed length, or None and a fault."""
    with noting_damage(repr(rows.name), faults):
        try:
            return [_decoded(row, text, rows) for row, text in enumerate(rows.texts())]
        except SubmissionError as error:
            faults.adopt(error)
    return None


def _decoded(row: int, text: bytes, rows: StoredArray) -> str:
    try:
        # C programs end a text with NUL and leave the rest as it was.
        return text.partition(b"\0")[0].rstrip(rows.padding).decode()
    except UnicodeDecodeError as error:
        sentence = f"{rows.name!r} has a text in row {row} that is not UTF-8: {shown(repr(text))}."
        raise SubmissionError([f"{rows.path}: {sentence} Write the texts as UTF-8."]) from error


def read_attribute(file: h5py.File, name: str, faults: Faults) -> str | None:
    """The text of an attribute, or None where there is no such attribute, or a fault if it is no short text."""
    with noting_damage(f"the attribute {name!r}", faults):
        if not h5py.h5a.exists(file.id, name.encode()):
            return None
        attribute = h5py.h5a.open(file.id, name.encode())
        found = attribute.get_type()
        if found.get_class() == h5py.h5t.STRING and attribute.shape == () and found.get_size() <= LONGEST_ID:
            if found.is_variable_str():
                return attribute_text(file.id.get_vfd_handle(), name).decode()
            return bytes(file.attrs[name]).decode()
        faults.add(
            f"the attribute {name!r} holds {type_name(found)} of the shape {attribute.shape};"
            " one short text is wanted."
        )
    return None
