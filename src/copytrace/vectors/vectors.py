"""Rows of vectors, in memory or in a file, and how to read and check them in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from copytrace.errors import DescriptorError
from copytrace.vectors.faults import MOST_OF_A_KIND, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from copytrace.records import Float32Array, IndexArray
    from copytrace.vectors.faults import Faults

BLOCK_ROWS = 16_384
"""Rows to read, check or write at once: 16 MB at 256 dimensions."""


class Vectors(Protocol):
    """Rows of vectors that need not be in memory: a numpy array, a memory map, a dataset of an HDF5 file.

    Vectors stored in chunks also have the attribute `chunks`, the shape of a chunk; see `chunk_rows`.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, d)."""

    @property
    def dtype(self) -> npt.DTypeLike:
        """Any real number type."""

    def __getitem__(self, rows: slice, /) -> Any:  # noqa: ANN401 - h5py's datasets are untyped
        """The rows from start to stop, as a numpy array."""


def chunk_rows(vectors: Vectors) -> int:
    """The number of rows stored, and therefore read, together: a chunk's, or 1 without chunks.

    >>> chunk_rows(np.zeros((3, 2)))
    1
    """
    chunks: tuple[int, ...] | None = getattr(vectors, "chunks", None)
    return chunks[0] if chunks else 1


def blocks(rows: Vectors) -> Iterator[tuple[int, Float32Array]]:
    """All rows in blocks, each with the number of its first row, counted from 0."""
    for start in range(0, rows.shape[0], BLOCK_ROWS):
        yield start, rows[start : start + BLOCK_ROWS]


def judge_values(rows: Vectors, ids: Sequence[str], place: str, faults: Faults) -> None:
    """Add the rows with NaN or infinite values to the faults; reads everything, block by block.

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
            found.append(f"{where} has {_first_bad(block[row])}; expected finite numbers.")
    faults.add_kind(found, count, f"rows of {place} have NaN or infinite values")


def check_values(block: Float32Array, ids: Sequence[str], place: str) -> None:
    """Refuse vectors with NaN or infinite values.

    Raises:
        DescriptorError: a value is not finite; the message names the first row.
    """
    for row in rows_not_finite(block)[:1].tolist():
        raise DescriptorError(
            f"{place}: the vector of {shown(ids[row])} has {_first_bad(block[row])}; expected finite numbers."
            " Describe that image again or exclude it."
        )


def rows_not_finite(block: Float32Array) -> IndexArray:
    """The rows (counted from 0) that have NaN or infinite values.

    >>> rows_not_finite(np.array([[0, 1], [np.nan, 0], [0, -np.inf]], np.float32))
    array([1, 2])
    """
    # A sum is NaN or infinite if one of its values is, so one check per row suffices for most blocks.
    with np.errstate(over="ignore", invalid="ignore"):
        suspects = np.flatnonzero(~np.isfinite(block.sum(axis=1)))
    return suspects[~np.isfinite(block[suspects]).all(axis=1)]


def _first_bad(vector: Float32Array) -> str:
    dimension = int(np.argmin(np.isfinite(vector)))
    return f"{vector[dimension]} in dimension {dimension}"
