"""Vectors that are read in blocks, from memory or from a file, as the search takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from copytrace.errors import DescriptorError
from copytrace.submissions.faults import MOST_OF_A_KIND, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.records import Float32Array, IndexArray
    from copytrace.submissions.faults import Faults
    from copytrace.submissions.hdf5 import StoredRows

BLOCK_ROWS = 16_384
"""Rows that are read, checked or written at once: 16 MB at 256 dimensions."""


class Rows(Protocol):
    """What is needed of vectors: a float32 array does it, and so does a dataset in a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, d)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the blocks."""

    def __getitem__(self, rows: slice, /) -> Float32Array:
        """The rows from start to stop."""


class VectorRows:
    """The numbers of a dataset as float32, whatever numeric type they are stored in.

    Attributes:
        shape: (n, d).
    """

    dtype = np.dtype(np.float32)

    def __init__(self, stored: StoredRows) -> None:
        self._stored = stored
        self.shape = stored.shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice, /) -> Float32Array:
        """The rows from start to stop; a float64 beyond the range of float32 becomes infinite.

        Raises:
            SubmissionError: the file is damaged in these rows.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return self._stored[rows].astype(np.float32, copy=False)


def blocks(rows: Rows) -> Iterator[tuple[int, Float32Array]]:
    """All rows in blocks, each with the number of its first row, counted from 0."""
    for start in range(0, rows.shape[0], BLOCK_ROWS):
        yield start, rows[start : start + BLOCK_ROWS]


def judge_values(rows: Rows, ids: Sequence[str], place: str, faults: Faults) -> None:
    """Note the rows with NaN or infinite values; reads everything, block by block.

    Raises:
        SubmissionError: the file is damaged.
    """
    found: list[str] = []
    count = 0
    for start, block in blocks(rows):
        bad = rows_not_finite(block)
        count += len(bad)
        for row in bad[: MOST_OF_A_KIND - len(found)].tolist():
            where = f"{place}: row {start + row} ({shown(ids[start + row])})"
            found.append(f"{where} has {_first_bad(block[row])}; finite numbers are wanted.")
    faults.add_kind(found, count, f"rows of {place} have NaN or infinite values")


def check_values(block: Float32Array, ids: Sequence[str], place: str) -> None:
    """Refuse vectors with NaN or infinite values.

    Raises:
        DescriptorError: a value is not finite; the message names the first row.
    """
    for row in rows_not_finite(block)[:1].tolist():
        raise DescriptorError(
            f"{place}: the vector of {shown(ids[row])} has {_first_bad(block[row])}; finite numbers are wanted."
            " Describe that image again, or leave it out."
        )


def rows_not_finite(block: Float32Array) -> IndexArray:
    """The rows (counted from 0) that have NaN or infinite values.

    >>> rows_not_finite(np.array([[0, 1], [np.nan, 0], [0, -np.inf]], np.float32))
    array([1, 2])
    """
    # A sum is NaN or infinite if one of its values is, so that most blocks need one look at each row.
    with np.errstate(over="ignore", invalid="ignore"):
        suspects = np.flatnonzero(~np.isfinite(block.sum(axis=1)))
    return suspects[~np.isfinite(block[suspects]).all(axis=1)]


def _first_bad(vector: Float32Array) -> str:
    dimension = int(np.argmin(np.isfinite(vector)))
    return f"{vector[dimension]} in dimension {dimension}"
