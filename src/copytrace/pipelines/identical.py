"""Files of both sides that are the same to the last byte: copies that need no look at the pictures."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from copytrace.records import ClosestPairs

if TYPE_CHECKING:
    from copytrace.vectors import StoredDescriptors

_BLOCK = 16_384
"""Digests of references that are read at once."""


def identical_pairs(
    query: StoredDescriptors, reference: StoredDescriptors, per_query: int | None, count: int | None
) -> ClosestPairs:
    """Pairs of files with the same content, at distance 0: vectors can differ by the bias of a query alone.

    Args:
        query: the queries; without digests, no pair is found.
        reference: the references; the same.
        per_query: references per query, the first of them; or all.
        count: pairs in all, the first by query and reference; or all.
    """
    wanted = list(query.content_sha256 or ())
    found: dict[str, list[int]] = {digest: [] for digest in wanted}
    most = min((limit for limit in (per_query, count) if limit is not None), default=None)
    digests = reference.content_sha256 or ()
    for start in range(0, len(digests) if wanted else 0, _BLOCK):
        for row, digest in enumerate(digests[start : start + _BLOCK], start):
            rows = found.get(digest)
            if rows is not None and (most is None or len(rows) < most):
                rows.append(row)
    pairs = ((one, other) for one, digest in enumerate(wanted) for other in found[digest])
    table = np.array(list(islice(pairs, count)), np.int64).reshape(-1, 2)
    return ClosestPairs(table[:, 0], table[:, 1], np.zeros(len(table)))
