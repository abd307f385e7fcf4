"""Finds files that are identical on both sides: copies that need no comparison of pictures."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from copytrace.records import ClosestPairs

if TYPE_CHECKING:
    from copytrace.vectors import StoredDescriptors

_BLOCK = 16_384
"""Reference digests to read at once."""


def identical_pairs(
    query: StoredDescriptors, reference: StoredDescriptors, per_query: int | None, count: int | None
) -> ClosestPairs:
    """Pairs of files with the same content, at distance 0; their vectors can differ only by the query's bias.

    Args:
        query: the queries; without digests, no pair is found.
        reference: the references; likewise.
        per_query: the number of first references per query to return; None: all.
        count: the number of pairs to return, in order of query and reference; None: all.
    """
    wanted = list(query.content_sha256 or ())
    found: dict[str, list[int]] = {digest: [] for digest in wanted}
    most = min((limit for limit in (per_query, count) if limit is not None), default=None)
    digests = reference.content_sha256 or ()
    for start in range(0, len(digests) if wanted else 0, _BLOCK):
        block = digests[start : start + _BLOCK]
        # Hardly any block contains one of the digests.
        for row, digest in enumerate(() if found.keys().isdisjoint(block) else block, start):
            rows = found.get(digest)
            if rows is not None and (most is None or len(rows) < most):
                rows.append(row)
    pairs = ((one, other) for one, digest in enumerate(wanted) for other in found[digest])
    table = np.array(list(islice(pairs, count)), np.int64).reshape(-1, 2)
    return ClosestPairs(table[:, 0], table[:, 1], np.zeros(len(table)))
