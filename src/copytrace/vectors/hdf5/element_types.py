"""Supported element types: plain numbers and plain text, nothing that points elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from copytrace.vectors.hdf5.heap import VARIABLE_TEXT
from copytrace.vectors.hdf5.opening import HDF5_ERRORS
from copytrace.vectors.id_rules import LONGEST_ID

if TYPE_CHECKING:
    from copytrace.vectors.faults import Faults

_NAMES = {
    h5py.h5t.INTEGER: "integers",
    h5py.h5t.FLOAT: "floats",
    h5py.h5t.STRING: "text",
    h5py.h5t.BITFIELD: "bit fields",
    h5py.h5t.OPAQUE: "opaque bytes",
    h5py.h5t.COMPOUND: "compound records",
    h5py.h5t.REFERENCE: "references to objects",
    h5py.h5t.ENUM: "enumerated values or booleans",
    h5py.h5t.VLEN: "objects of variable length",
    h5py.h5t.ARRAY: "arrays",
}


@dataclass(frozen=True)
class ElementType:
    """How the elements of a dataset are stored in the file.

    Attributes:
        stored: the numpy type of the bytes in the file; `VARIABLE_TEXT` for text of variable length.
        padding: the byte that pads text of fixed length.
    """

    stored: np.dtype[Any]
    padding: bytes = b"\0"


def number_type(dataset: h5py.h5d.DatasetID, name: str, faults: Faults) -> ElementType | None:
    """The type of a dataset of integers or floats that numpy knows; None and a fault otherwise."""
    found = dataset.get_type()
    if found.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT):
        faults.add(f"{name!r} contains {type_name(found)}; expected numbers, preferably float32.")
        return None
    try:
        stored = np.dtype(found.dtype)
        exact = h5py.h5t.py_create(stored) == found
    except HDF5_ERRORS:
        exact = False
    if not exact:
        faults.add(
            f"{name!r} contains numbers of an unusual kind ({8 * found.get_size()} bits); expected float32."
        )
        return None
    return ElementType(stored)


def text_type(dataset: h5py.h5d.DatasetID, name: str, faults: Faults) -> ElementType | None:
    """The type of a dataset of text, of fixed or variable length; None and a fault otherwise."""
    found = dataset.get_type()
    if found.get_class() != h5py.h5t.STRING:
        faults.add(f"{name!r} contains {type_name(found)}; expected text: byte strings or UTF-8.")
        return None
    if found.is_variable_str():
        return ElementType(VARIABLE_TEXT)
    if found.get_size() > LONGEST_ID:
        faults.add(
            f"{name!r} contains text of {found.get_size():,} bytes per ID; expected at most {LONGEST_ID:,}."
        )
        return None
    padding = b" " if found.get_strpad() == h5py.h5t.STR_SPACEPAD else b"\0"
    return ElementType(np.dtype(f"S{found.get_size()}"), padding)


def type_name(found: h5py.h5t.TypeID) -> str:
    """The kind of a type in words."""
    return _NAMES.get(found.get_class(), "elements of an unknown kind")
