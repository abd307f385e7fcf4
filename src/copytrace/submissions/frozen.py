"""The frozen references of phase 2, and the digest that identifies them."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.submissions.descriptor_track import open_descriptor_submission
from copytrace.vectors.descriptor_set import open_descriptors
from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5 import has_member, open_hdf5
from copytrace.vectors.roles import reference_vectors
from copytrace.vectors.vectors import BLOCK_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copytrace.records import Float32Array, IndexArray
    from copytrace.vectors.stored_descriptors import StoredDescriptors
    from copytrace.vectors.vectors import Vectors

_ROWS_AT_ONCE = 8 * BLOCK_ROWS
"""Vectors to sort in memory: 128 MB at 256 dimensions."""


@dataclass(frozen=True)
class FrozenReferences:
    """References that no longer change, in an open file.

    Attributes:
        ids: m distinct IDs.
        vectors: (m, d), read by slices as float32, as they are in a submission.
        descriptors: their descriptor set; None if they are from a submission.
    """

    ids: Sequence[str]
    vectors: Vectors
    descriptors: StoredDescriptors | None = None


@contextmanager
def open_frozen(path: Path) -> Iterator[FrozenReferences]:
    """Open the frozen references: a descriptor set, or the submission of phase 1 that contains them.

    Raises:
        SubmissionError: the file is neither, or not sound.
    """
    if not path.is_dir() and _is_submission(path):
        with open_descriptor_submission(path) as submission:
            yield FrozenReferences(submission.reference_ids, submission.reference)
    else:
        with open_descriptors(path) as descriptors:
            yield FrozenReferences(descriptors.ids, reference_vectors(descriptors), descriptors)


def _is_submission(path: Path) -> bool:
    with open_hdf5(path) as file:
        faults = Faults(path)
        found = has_member(file, "reference", faults)
        faults.raise_if_any()
    return found


def read_frozen_digest(path: Path) -> tuple[str, int]:
    """The digest and the dimensions of the frozen references in a file.

    Raises:
        SubmissionError: as `open_frozen`.
    """
    with open_frozen(path) as references:
        return reference_digest(references.ids, references.vectors), references.vectors.shape[1]


def reference_digest(reference_ids: Sequence[str], reference: Vectors) -> str:
    """SHA-256 of the reference matrix (m, d) in the order of its IDs, as little-endian float32, row by row.

    IDs are sorted by their Unicode code points (the order of their UTF-8 bytes), so the digest does not depend on
    the order of the rows. Memory stays below half a gigabyte.

    >>> reference_digest(["b", "a"], np.array([[2.0], [1.0]], np.float32))[:16]
    'b9c80b5adeca4507'
    """
    order = np.array(sorted(range(len(reference_ids)), key=reference_ids.__getitem__))
    digest = hashlib.sha256()
    for start in range(0, len(order), _ROWS_AT_ONCE):
        digest.update(_gathered(reference, order[start : start + _ROWS_AT_ONCE]).data)
    return digest.hexdigest()


def _gathered(reference: Vectors, order: IndexArray) -> Float32Array:
    """The rows `order` of a matrix, read in one pass over the part of the file that contains them."""
    place = np.argsort(order)
    rows = order[place]
    gathered = np.empty((len(order), reference.shape[1]), "<f4")
    for start in range(int(rows[0]), int(rows[-1]) + 1, BLOCK_ROWS):
        inside = slice(*np.searchsorted(rows, (start, start + BLOCK_ROWS)))
        gathered[place[inside]] = reference[start : start + BLOCK_ROWS][rows[inside] - start]
    return gathered
