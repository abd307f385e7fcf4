"""Finds duplicates, fast if there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import IndexArray

    Fingerprints = npt.NDArray[np.uint64]

FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""An odd number that spreads bits well: 2^64 divided by the golden ratio."""

BLOCK = 1 << 16
"""Texts whose fingerprints are computed at once."""

WORD = 8
"""Bytes in a 64-bit unsigned integer."""


def first_duplicate(values: IndexArray | Fingerprints) -> int | None:
    """The position of the first value that occurred before, if any.

    >>> first_duplicate(np.array([7, 8, 8, 7]))
    2
    """
    ordered = np.sort(values)
    if not (ordered[1:] == ordered[:-1]).any():
        return None
    is_first = np.zeros(len(values), dtype=np.bool_)
    is_first[np.unique(values, return_index=True)[1]] = True
    return int(np.argmin(is_first))


def first_duplicate_pair(query: IndexArray, reference: Any) -> int | None:  # noqa: ANN401 - pyarrow has no types
    """The position of the first pair that occurred before, if any.

    Sorting fingerprints takes a fifth of the time needed to compare 500,000 IDs. Equal pairs have equal fingerprints;
    the IDs then decide whether the few pairs with equal fingerprints are equal.

    Args:
        query: (n,) int64, numbers of queries.
        reference: n IDs, an Arrow array of strings.

    >>> import pyarrow as pa
    >>> first_duplicate_pair(np.array([0, 1, 0]), pa.array(["R1", "R1", "R1"]))
    2
    """
    fingerprint = fingerprints(reference) * FACTOR + query.astype(np.uint64)
    ordered = np.sort(fingerprint)
    doubtful = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(doubtful):
        return None
    seen = set()
    for position in np.flatnonzero(np.isin(fingerprint, doubtful)).tolist():
        pair = (query[position], reference[position].as_py())
        if pair in seen:
            return position
        seen.add(pair)
    return None


def fingerprints(texts: Any) -> Fingerprints:  # noqa: ANN401 - pyarrow has no types
    """(n,) uint64, equal for equal texts: computed from a text's first and last 8 bytes and its length.

    These distinguish the IDs of a challenge (R000001), and paths with different ends (2021/IMG_1.jpg).

    Args:
        texts: n texts, an Arrow array of strings.

    >>> import pyarrow as pa
    >>> len(set(fingerprints(pa.array(["R1", "R2", "R2", "", "a long name R1", "a long name R2"])).tolist()))
    5
    """
    # In blocks that fit in the cache: temporary arrays for all texts at once would take three times as long.
    blocks = [_fingerprints(texts[first : first + BLOCK]) for first in range(0, len(texts), BLOCK)]
    return np.concatenate([np.empty(0, dtype=np.uint64), *blocks])


def _fingerprints(texts: Any) -> Fingerprints:  # noqa: ANN401 - pyarrow has no types
    _, places, characters = texts.buffers()
    places = np.frombuffer(places, dtype=np.int32)[texts.offset :][: len(texts) + 1].astype(np.int64)
    # Padding before the first and after the last text, so that each of them starts and ends a word.
    padded = np.zeros(places[-1] - places[0] + 2 * WORD, dtype=np.uint8)
    padded[WORD:-WORD] = np.frombuffer(characters or b"", dtype=np.uint8)[places[0] : places[-1]]
    words: Fingerprints = np.ndarray(len(padded) - WORD + 1, dtype="<u8", buffer=padded, strides=(1,))
    lengths = np.diff(places)
    begins, ends = places[:-1] - places[0] + WORD, places[1:] - places[0]
    # Shift out the bytes of a word that belong to the neighbours of a short text.
    surplus = (8 * np.clip(WORD - lengths, 0, WORD - 1)).astype(np.uint64)
    first, last = words[begins] << surplus, words[ends] >> surplus
    return np.where(lengths > 0, ((first * FACTOR) ^ last) * FACTOR + lengths.astype(np.uint64), 0)
