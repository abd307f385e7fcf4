"""Photographs that a person would call the same picture, found before a benchmark is made from them.

If two references were near-duplicates, a query made from one would be a copy of both, and the truth would name
one: a method that finds the other would be called wrong. So of each group only one photograph is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.search import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.records import BoolArray, Float32Array

NEIGHBOURS = 8
"""Nearest photographs by GIST that each one is compared with."""

# Set by eye on 5,000 photographs of mixed origin: pairs of the same picture lay below one or both limits, and
# what else lay there were look-alikes, which are no loss to leave out.
SAME_GIST = 0.03
ALIKE_GIST = 0.10
ALIKE_PIXELS = 0.90


def near_duplicates(gist: Float32Array, thumbnail: Callable[[int], Float32Array]) -> BoolArray:
    """Which photographs to leave out, so that no two that stay are near-duplicates.

    Two photographs are near-duplicates where their GIST hardly differs, or where it is close and their small grey
    pictures correlate by more than 0.9.

    Args:
        gist: (n, 256) GIST vectors.
        thumbnail: gives the small grey picture of a row, flat; asked for the few that have close neighbours.

    Returns:
        (n,) bool; the first photograph of each group stays.
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
        # In rising order of the first one: by the time a photograph could push others out, it is known to stay.
        left_out[goes] |= not left_out[stays]
    return left_out


def _unit(thumbnail: Float32Array) -> Float32Array:
    """Mean 0 and length 1, so that a product of two is their correlation; all 0 for a picture of one colour."""
    centred = thumbnail - thumbnail.mean()
    length = float(np.linalg.norm(centred))
    unit: Float32Array = centred / length if length > 0 else centred
    return unit
