"""Which points of two pictures may be the same: mutual nearest descriptors to which no other one comes close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import ByteArray, Float32Array, IndexArray

RATIO = 0.85
"""A match is kept if its distance is at most this share of that to the second nearest (Lowe's ratio test)."""


@dataclass(frozen=True, eq=False)
class Correspondences:
    """Points of a query and of a reference that may be the same, each point at most once.

    Attributes:
        query: (k,) rows of the query's points.
        reference: (k,) rows of the reference's points.
        distance: (k,) float32, Euclidean distances of their descriptors, 0 to sqrt(2).
    """

    query: IndexArray
    reference: IndexArray
    distance: Float32Array

    def __len__(self) -> int:
        return len(self.query)


def correspond(query: Float32Array, reference: Float32Array) -> Correspondences:
    """Match descriptors one to one.

    Args:
        query: (n, d) float32 of unit length.
        reference: (m, d) float32 of unit length.
    """
    if len(query) < 2 or len(reference) < 2:  # noqa: PLR2004 - the ratio test needs a second nearest
        nothing = np.empty(0, np.int64)
        return Correspondences(nothing, nothing, np.empty(0, np.float32))
    likeness = query @ reference.T
    rows = np.arange(len(query))
    best = likeness.argmax(axis=1)
    mutual = likeness.argmax(axis=0)[best] == rows
    rows, best = rows[mutual], best[mutual]
    nearest = likeness[rows, best]
    likeness[rows, best] = -1
    second = likeness[rows].max(axis=1, initial=-1)
    near, next_near = (np.sqrt(np.maximum(2 - 2 * some, 0)) for some in (nearest, second))
    kept = near <= RATIO * next_near
    return Correspondences(rows[kept], best[kept], near[kept])


def unit(descriptors: ByteArray) -> Float32Array:
    """(k, d) descriptors as float32 vectors of unit length."""
    rows = descriptors.astype(np.float32)
    rows /= np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None], 1e-6)
    return rows
