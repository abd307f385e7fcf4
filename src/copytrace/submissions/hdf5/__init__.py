"""HDF5 files that nobody vouches for: every hazard is judged before any data is read.

A file is opened (`opening`), its datasets are found without following links, their types (`element_types`) and
storage (`storage`) are judged, and only then can they be read (`rows`, `texts`).
"""

from copytrace.submissions.hdf5.datasets import open_matrix, open_numbers, open_texts
from copytrace.submissions.hdf5.opening import has_member, judge_links, open_hdf5
from copytrace.submissions.hdf5.rows import StoredRows
from copytrace.submissions.hdf5.texts import read_attribute, read_texts
from copytrace.submissions.hdf5.writing import create_hdf5

__all__ = [
    "StoredRows",
    "create_hdf5",
    "has_member",
    "judge_links",
    "open_hdf5",
    "open_matrix",
    "open_numbers",
    "open_texts",
    "read_attribute",
    "read_texts",
]
