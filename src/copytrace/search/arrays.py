"""What can be searched: arrays of vectors that are read a few rows at a time."""

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
"""Squares of larger values, summed over the dimensions, would overflow a float64."""


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
                f"'{name}' holds {np.dtype(vectors.dtype)}; real numbers are wanted. "
                "Convert it: .astype('float32')"
            )
    if query.shape[1] != reference.shape[1]:
        raise SearchError(
            f"'query' has {query.shape[1]} dimensions and 'reference' has {reference.shape[1]}; "
            "the same number is wanted. Describe both with the same model."
        )


def check_search(query: Vectors, reference: Vectors, name: str, count: int, within: float) -> None:
    """Judge what is searched and what is asked for, before anything is read.

    Args:
        query: (n, d).
        reference: (m, d).
        name: what the caller calls the number of results.
        count: that number.
        within: the largest squared distance.

    Raises:
        SearchError: arrays do not fit (see `check_vectors`), fewer than one result is asked for, or the largest
            distance is not a number of at least 0.
    """
    check_vectors(query, reference)
    if count < 1:
        raise SearchError(f"{name} is {count}; at least 1 is wanted.")
    if not within >= 0:
        raise SearchError(f"within is {within}; a squared distance of at least 0 is expected.")


def read_rows(
    name: str, vectors: Vectors, start: int, stop: int, dtype: npt.DTypeLike = np.float64
) -> npt.NDArray[Any]:
    """Read the rows from `start` up to `stop`, as (stop - start, d) of a type.

    Raises:
        SearchError: a value is not finite, or larger than 1e150.
    """
    rows = np.ascontiguousarray(vectors[start:stop], dtype)
    if not (float(rows.min()) >= -LARGEST and float(rows.max()) <= LARGEST):
        row, dim = (int(index) for index in np.argwhere(~(np.abs(rows) <= np.float64(LARGEST)))[0])
        raise SearchError(
            f"'{name}' row {start + row}, dimension {dim} is {rows[row, dim]}; finite values of at most "
            f"{LARGEST:g} are wanted. Describe that image again, or leave it out."
        )
    return rows


def sample_rows(
    name: str, vectors: Vectors, count: int, dtype: npt.DTypeLike = np.float64
) -> npt.NDArray[Any]:
    """Read about `count` rows from all over the vectors, as (at most count, d) of a type; or all rows.

    They are runs of neighbours, 64 or as many as there are stored chunks, since any row that is read from a
    chunk of a compressed file costs as much as all of them.

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
    """The type in which both are compared: float32 if it holds all values of both, else float64."""
    lossless = all(np.can_cast(vectors.dtype, np.float32, "safe") for vectors in (query, reference))
    return np.dtype(np.float32 if lossless else np.float64)
