"""A matrix in an HDF5 file with the IDs of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.errors import SubmissionError
from copytrace.records import MAX_DIMS
from copytrace.vectors.hdf5 import open_matrix, open_texts, read_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    import h5py

    from copytrace.vectors.faults import Faults
    from copytrace.vectors.hdf5 import StoredArray

_MOST_TIMES = 10
"""A file with this many times more IDs than expected is hostile, or belongs to something else."""


@dataclass(frozen=True)
class Labelled:
    """Vectors and the IDs of their rows; each is None if it has faults.

    Attributes:
        ids: n IDs.
        vectors: (n, d), read by slices as float32.
    """

    ids: Sequence[str] | None
    vectors: StoredArray | None

    def sound(self, faults: Faults) -> tuple[Sequence[str], StoredArray]:
        """The IDs and vectors, if there were no faults.

        Raises:
            SubmissionError: there are faults.
        """
        if faults or self.ids is None or self.vectors is None:
            raise SubmissionError(faults.sentences())
        return self.ids, self.vectors


def open_labelled(
    file: h5py.File, vectors_name: str, ids_name: str, faults: Faults, *, listed: int | None = None
) -> Labelled:
    """Open a matrix of at most 256 dimensions and read its IDs; add all faults in shapes, types and IDs.

    If the expected number of IDs is known (`listed`), a file with many times more is not read at all.
    """
    matrix = open_matrix(file, vectors_name, faults, most_dims=MAX_DIMS)
    texts = open_texts(file, ids_name, faults)
    if matrix is not None and texts is not None and len(matrix) != len(texts):
        faults.add(
            f"{ids_name!r} has {len(texts):,} IDs for the {len(matrix):,} rows of {vectors_name!r};"
            " expected one per row."
        )
    if texts is not None and listed is not None and len(texts) > _MOST_TIMES * listed:
        faults.add(f"{ids_name!r} has {len(texts):,} IDs; expected the {listed:,} of the list.")
        return Labelled(None, None)
    return Labelled(None if texts is None else read_ids(texts, faults), matrix)
