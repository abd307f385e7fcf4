"""What can be searched: arrays of vectors that are read a few rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from copytrace.errors import SearchError
from copytrace.records import MAX_DIMS

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import FloatArray

LARGEST = 1e150
"""Squares of larger values, summed over the dimensions, would overflow a float64."""


class Vectors(Protocol):
    """Rows of vectors that need not be in memory: a numpy array, a memory map, an h5py dataset."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, dims)."""

    @property
    def dtype(self) -> npt.DTypeLike:
        """Any kind of real number."""

    def __getitem__(self, rows: slice, /) -> Any:  # noqa: ANN401 - h5py's datasets are untyped
        """The rows of a slice, as a numpy array."""


def check_vectors(query: Vectors, reference: Vectors) -> None:
    """Judge two arrays by their shapes and types, before anything is read.

    Raises:
        SearchError: an array is not of real numbers, has no rows or is not of rank 2, or the dimensions
            differ or are not 1 to 256.
    """
    for name, vectors in (("query", query), ("reference", reference)):
        shape = tuple(vectors.shape)
        if len(shape) != 2 or shape[0] == 0:  # noqa: PLR2004 - rows and dimensions
            raise SearchError(
                f"'{name}' has shape {shape}; (rows, dims) with at least one row is wanted. "
                "Give one vector a row, and a single vector as vector[None, :]."
            )
        if not 1 <= shape[1] <= MAX_DIMS:
            raise SearchError(
                f"'{name}' has {shape[1]} dimensions; the search takes 1 to {MAX_DIMS}. "
                f"Reduce the vectors to at most {MAX_DIMS} dimensions first."
            )
        if np.dtype(vectors.dtype).kind not in "iuf":
            raise SearchError(
                f"'{name}' holds {np.dtype(vectors.dtype)}; real numbers are wanted. Convert it: .astype('float32')"
            )
    if query.shape[1] != reference.shape[1]:
        raise SearchError(
            f"'query' has {query.shape[1]} dimensions and 'reference' has {reference.shape[1]}; the same number "
            "is wanted. Describe both with the same model."
        )


def check_wanted(name: str, wanted: int) -> None:
    """Judge how many results are asked for.

    Raises:
        SearchError: less than one.
    """
    if wanted < 1:
        raise SearchError(f"{name} is {wanted}; at least 1 is wanted.")


def read_rows(name: str, vectors: Vectors, start: int, stop: int) -> FloatArray:
    """Read the rows from `start` up to `stop` as float64.

    Raises:
        SearchError: a value is not finite, or larger than 1e150.
    """
    rows = np.asarray(vectors[start:stop]).astype(np.float64)
    bad = ~(np.abs(rows) <= LARGEST)
    if bad.any():
        row, dim = (int(index) for index in np.argwhere(bad)[0])
        refuse_value(name, start + row, dim, rows[row, dim])
    return rows


def refuse_value(name: str, row: int, dim: int, value: float) -> None:
    """Raise the error that names a value with which no distance can be computed."""
    raise SearchError(
        f"'{name}' row {row}, dimension {dim} is {value}; finite values of at most {LARGEST:g} are wanted. "
        "Describe that image again, or leave it out."
    )
