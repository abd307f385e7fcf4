"""Searchable inputs: arrays of vectors, read a few rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.errors import SearchError
from copytrace.records import MAX_DIMS
from copytrace.vectors import chunk_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.vectors import Vectors

LARGEST = 1e150
"""Squares of larger values, summed over the dimensions, would overflow float64."""


def check_vectors(query: Vectors, reference: Vectors) -> None:
    """Check the shapes and types of two arrays before anything is read.

    Raises:
        SearchError: an array does not contain real numbers, has no rows or is not of rank 2, or the dimensions
            differ or are not 1 to 256.
    """
    for name, vectors in (("query", query), ("reference", reference)):
        shape = tuple(vectors.shape)
        if len(shape) != 2 or shape[0] == 0:  # noqa: PLR2004 - rows and dimensions
            raise SearchError(
                f"'{name}' has shape {shape}; expected (rows, dims) with at least one row. "
                "Pass one vector per row, and a single vector as vector[None, :]."
            )
        if not 1 <= shape[1] <= MAX_DIMS:
            raise SearchError(
                f"'{name}' has {shape[1]} dimensions; the search supports 1 to {MAX_DIMS}. "
                f"Reduce the vectors to at most {MAX_DIMS} dimensions first."
            )
        if np.dtype(vectors.dtype).kind not in "iuf":
            raise SearchError(
                f"'{name}' contains {np.dtype(vectors.dtype)}; expected real numbers. "
                "Convert it: .astype('float32')"
            )
    if query.shape[1] != reference.shape[1]:
        raise SearchError(
            f"'query' has {query.shape[1]} dimensions and 'reference' has {reference.shape[1]}; "
            "expected the same number. Describe both with the same model."
        )


def check_search(query: Vectors, reference: Vectors, name: str, count: int, within: float) -> None:
    """Check the arrays and arguments of a search before anything is read.

    Args:
        query: (n, d).
        reference: (m, d).
        name: the caller's name for the number of results.
        count: the number of results.
        within: the largest squared distance.

    Raises:
        SearchError: arrays do not match (see `check_vectors`), fewer than one result is requested, or the largest
            distance is not a number of at least 0.
    """
    check_vectors(query, reference)
    if count < 1:
        raise SearchError(f"{name} is {count}; expected at least 1.")
    if not within >= 0:
        raise SearchError(f"within is {within}; expected a squared distance, at least 0.")


def read_rows(
    name: str, vectors: Vectors, start: int, stop: int, dtype: npt.DTypeLike = np.float64
) -> npt.NDArray[Any]:
    """Read the rows from `start` to `stop`, as (stop - start, d) of the given type.

    Raises:
        SearchError: a value is not finite, or larger than 1e150.
    """
    rows = np.ascontiguousarray(vectors[start:stop], dtype)
    if not (float(rows.min()) >= -LARGEST and float(rows.max()) <= LARGEST):
        row, dim = (int(index) for index in np.argwhere(~(np.abs(rows) <= np.float64(LARGEST)))[0])
        raise SearchError(
            f"'{name}' row {start + row}, dimension {dim} is {rows[row, dim]}; expected finite values of at most "
            f"{LARGEST:g}. Describe that image again or exclude it."
        )
    return rows


def sample_rows(
    name: str, vectors: Vectors, count: int, dtype: npt.DTypeLike = np.float64
) -> npt.NDArray[Any]:
    """Read about `count` rows spread over the vectors, as (at most count, d) of the given type; or all rows.

    Rows are read in runs of neighbours, 64 or one per stored chunk, since reading any row from a chunk of a
    compressed file costs as much as reading all of them.

    Raises:
        SearchError: a value is not finite, or larger than 1e150.
    """
    rows = vectors.shape[0]
    if count >= rows:
        return read_rows(name, vectors, 0, rows, dtype)
    runs = max(1, min(64, count, rows // chunk_rows(vectors)))
    starts = np.linspace(0, rows - count // runs, runs).astype(int)
    return np.concatenate(
        [read_rows(name, vectors, int(start), int(start) + count // runs, dtype) for start in starts]
    )


def common_type(query: Vectors, reference: Vectors) -> np.dtype[Any]:
    """The type in which both sides are compared: float32 if it can represent all values, else float64."""
    lossless = all(np.can_cast(vectors.dtype, np.float32, "safe") for vectors in (query, reference))
    return np.dtype(np.float32 if lossless else np.float64)
