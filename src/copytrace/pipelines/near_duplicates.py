"""Finds photographs that a person would call the same picture, before a benchmark is made from them.

If two references were near-duplicates, a query made from one would be a copy of both, but the ground truth would name
only one: a method that finds the other would be called wrong. So only one photograph of each group is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.search import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.records import BoolArray, Float32Array

NEIGHBOURS = 8
"""The number of nearest photographs by GIST that each one is compared with."""

# Set by eye on 5,000 photographs of mixed origin: pairs of the same picture were below one or both limits; the other
# pairs there looked alike, so skipping them is no loss.
SAME_GIST = 0.03
ALIKE_GIST = 0.10
ALIKE_PIXELS = 0.90


def near_duplicates(gist: Float32Array, thumbnail: Callable[[int], Float32Array]) -> BoolArray:
    """Which photographs to skip, so that no two near-duplicates remain.

    Two photographs are near-duplicates if their GIST hardly differs, or if it is close and their small grey pictures
    correlate by more than 0.9.

    Args:
        gist: (n, 256) GIST vectors.
        thumbnail: returns the small grey picture of a row, flattened; called for the few with close neighbours.

    Returns:
        (n,) bool, true for those to skip; the first photograph of each group remains.
    """
    neighbours = nearest(gist, gist, NEIGHBOURS + 1)
    first = np.repeat(np.arange(len(gist)), neighbours.reference.shape[1])
    second, distance = neighbours.reference.ravel(), neighbours.distance.ravel()
    alike = (distance < ALIKE_GIST) & (first != second)
    first, second, distance = first[alike], second[alike], distance[alike]
    units = {row: _unit(thumbnail(row)) for row in np.union1d(first, second).tolist()}
    correlation = np.array(
        [units[one] @ units[other] for one, other in zip(first.tolist(), second.tolist(), strict=True)]
    )
    same = (distance < SAME_GIST) | (correlation > ALIKE_PIXELS)
    left_out = np.zeros(len(gist), np.bool_)
    pairs = np.sort(np.stack([first[same], second[same]], axis=1), axis=1)
    for stays, goes in np.unique(pairs, axis=0):
        # In ascending order of the first one, so it is settled whether a photograph remains before it excludes others.
        left_out[goes] |= not left_out[stays]
    return left_out


def _unit(thumbnail: Float32Array) -> Float32Array:
    """Scale to mean 0 and length 1, so that a product of two is their correlation; all 0 for a plain colour."""
    centred = thumbnail - thumbnail.mean()
    length = float(np.linalg.norm(centred))
    unit: Float32Array = centred / length if length > 0 else centred
    return unit
