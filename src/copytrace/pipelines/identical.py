"""Files of both sides that are the same to the last byte: copies that need no look at the pictures."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from copytrace.records import ClosestPairs

if TYPE_CHECKING:
    from copytrace.vectors import StoredDescriptors

_BLOCK = 16_384
"""Digests of references that are read at once."""


def identical_pairs(query: StoredDescriptors, reference: StoredDescriptors, most: int) -> ClosestPairs:
    """Pairs of files with the same content, at distance 0: vectors can differ by the bias of a query alone.

    Args:
        query: the queries; without digests, no pair is found.
        reference: the references; the same.
        most: references per query, the first of them.
    """
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, digest in enumerate(query.content_sha256 or ()):
        rows[digest].append(row)
    found: defaultdict[str, list[int]] = defaultdict(list)
    digests = reference.content_sha256 or ()
    for start in range(0, len(digests) if rows else 0, _BLOCK):
        for row, digest in enumerate(digests[start : start + _BLOCK], start):
            if digest in rows and len(found[digest]) < most:
                found[digest].append(row)
    pairs = [(one, other) for digest, others in found.items() for one in rows[digest] for other in others]
    table = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return ClosestPairs(table[:, 0], table[:, 1], np.zeros(len(table)))
