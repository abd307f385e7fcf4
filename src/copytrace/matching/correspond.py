"""Finds points of two pictures that may be the same: mutual nearest descriptors with no other one nearly as close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from copytrace.records import Float32Array, IndexArray

RATIO = 0.85
"""A match is kept if its distance is at most this share of the second nearest's (Lowe's ratio test)."""


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
    nearest = likeness[rows, best]
    likeness[rows, best] = -1
    near, next_near = _distance(nearest), _distance(likeness.max(axis=1))
    kept = np.flatnonzero(near <= RATIO * next_near)
    # Only the remaining matches are checked for mutuality, since reading columns is slow.
    rivals = np.full(len(reference), -1, np.float32)
    np.maximum.at(rivals, best, nearest)
    rivals[best[kept]] = np.maximum(rivals[best[kept]], likeness[:, best[kept]].max(axis=0, initial=-1))
    kept = kept[nearest[kept] >= rivals[best[kept]]]
    kept = kept[np.sort(np.unique(best[kept], return_index=True)[1])]
    return Correspondences(kept, best[kept], near[kept])


def _distance(likeness: Float32Array) -> Float32Array:
    """The distance of unit vectors with this scalar product."""
    return np.asarray(np.sqrt(np.maximum(2 - 2 * likeness, 0)))


def mutual(query: Float32Array, reference: Float32Array, least: float) -> Correspondences:
    """Match descriptors that are each other's nearest and at least this similar; arguments as in `correspond`."""
    if not len(query) or not len(reference):
        return Correspondences(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    likeness = query @ reference.T
    best = likeness.argmax(axis=1)
    rows = np.arange(len(query))
    nearest = likeness[rows, best]
    kept = np.flatnonzero(nearest >= least)
    # Only the columns of what is left are read, since reading columns is slow.
    kept = kept[likeness[:, best[kept]].argmax(axis=0) == kept]
    return Correspondences(kept, best[kept], _distance(nearest[kept]))


def unit(descriptors: NDArray[np.integer[Any]]) -> Float32Array:
    """(k, d) descriptors as float32 vectors of unit length."""
    rows = descriptors.astype(np.float32)
    rows /= np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None], 1e-6)
    return rows
