"""Reads untrusted HDF5 files: every hazard is checked before any data is read.

A file is opened (`opening`), its datasets are found without following links, and their types (`element_types`) and
storage (`storage`) are checked. Only then can they be read (`stored_array`, `texts`).
"""

from copytrace.vectors.hdf5.datasets import open_matrix, open_numbers, open_texts
from copytrace.vectors.hdf5.opening import has_member, judge_links, open_hdf5
from copytrace.vectors.hdf5.stored_array import StoredArray
from copytrace.vectors.hdf5.texts import StoredTexts, read_attribute, read_ids
from copytrace.vectors.hdf5.writing import create_hdf5

__all__ = [
    "StoredArray",
    "StoredTexts",
    "create_hdf5",
    "has_member",
    "judge_links",
    "open_hdf5",
    "open_matrix",
    "open_numbers",
    "open_texts",
    "read_attribute",
    "read_ids",
]
