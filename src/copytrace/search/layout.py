"""Splits a search into pieces that fit in memory, and reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.engines import available_cores
from copytrace.errors import SearchError
from copytrace.search.arrays import common_type, read_rows, sample_rows
from copytrace.vectors import chunk_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from copytrace.records import FloatArray
    from copytrace.vectors import Vectors

CHUNK = 1024
"""Queries compared with a block at once."""
SMALLEST_BLOCK = 256
LARGEST_BLOCK = 4096
"""References per block."""
SPACING = 64
"""One in this many references is in the sample for repeated searches."""
SAMPLED = 4096
"""References used to determine the centre."""


@dataclass(frozen=True)
class Layout:
    """The pieces of a search.

    Attributes:
        dtype: float32 if it can represent all values of both sides, else float64.
        slab: queries held in memory together, a multiple of CHUNK, or all of them.
        block: the most references that one thread compares at a time.
        read: references to read at a time.
        threads: number of threads.
    """

    dtype: np.dtype[Any]
    slab: int
    block: int
    read: int
    threads: int


def lay_out(query: Vectors, reference: Vectors, results: int, threads: int | None, memory: int) -> Layout:
    """Split a search into pieces.

    Args:
        query: (n, d).
        reference: (m, d).
        results: the most bytes that the results may take.
        threads: number of threads; None for one per core, or as many as fit in memory.
        memory: the most bytes that everything may take.

    Raises:
        SearchError: even the smallest pieces need more.
    """
    (queries, dims), references = query.shape, reference.shape[0]
    dtype = common_type(query, reference)
    # A compressed chunk of an HDF5 file is unpacked as a whole, so it should be read as a whole.
    stored = chunk_rows(reference)
    read = min(references, max(stored, LARGEST_BLOCK // stored * stored))
    # Each row is held as read, as compared, as a code and its packed form, and as float32.
    row = dims * (dtype.itemsize + 1 + 4) + 64
    reading = 2 * read * dims * (dtype.itemsize + np.dtype(reference.dtype).itemsize)
    least = results + reading + 2 * row * min(queries, CHUNK)

    def block_rows(threads: int) -> int:
        return min(LARGEST_BLOCK, max(SMALLEST_BLOCK, references // (4 * threads)))

    def block_memory(threads: int) -> int:
        return threads * (3 * block_rows(threads) * (row + dims * 8) + (16 << 20))

    if threads is None:
        counts = range(available_cores(), 0, -1)
        threads = next((count for count in counts if least + block_memory(count) <= memory), 1)
    blocks = block_memory(threads)
    slab = (memory - results - reading - blocks) // (2 * row)
    if slab < min(queries, CHUNK):
        raise SearchError(
            f"the search of {queries:,} queries in {references:,} references needs at least "
            f"{_megabytes(least + blocks)} ({_megabytes(results)} for the results, {_megabytes(reading)} to read "
            f"{read:,} references at a time, {_megabytes(blocks)} for {threads} threads) but may use "
            f"{_megabytes(memory)}. Allow more memory, request fewer results, use fewer threads, or store "
            "the references in smaller chunks, depending on which part is largest."
        )
    slab = queries if slab >= queries else slab // CHUNK * CHUNK
    return Layout(dtype, slab, block_rows(threads), read, threads)


def read_blocks(reference: Vectors, layout: Layout) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """Yield the first row and the rows of each block, starting with small ones so that limits are known early."""
    references = reference.shape[0]
    size = SMALLEST_BLOCK
    for start in range(0, references, layout.read):
        rows = read_rows("reference", reference, start, min(start + layout.read, references), layout.dtype)
        at = 0
        while at < len(rows):
            yield start + at, rows[at : at + size]
            at += size
            size = min(2 * size, layout.block)


def find_centre(reference: Vectors) -> FloatArray:
    """The centre of the references, (d,), from a sample of them.

    Distances do not change if all vectors are taken relative to a point. Their lengths, which all bounds depend on,
    are smallest around the centre. A few far outliers do not move it.
    """
    sample = sample_rows("reference", reference, SAMPLED)
    distance = np.linalg.norm(sample - np.median(sample, axis=0), axis=1)
    centre: FloatArray = sample[distance <= 3 * np.median(distance)].mean(axis=0)
    return centre


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
