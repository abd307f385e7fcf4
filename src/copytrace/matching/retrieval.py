"""How a pair stood in the search that proposed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import FloatArray


@dataclass(frozen=True)
class Retrieval:
    """What the search knew of a pair.

    Attributes:
        distance: squared distance of the vectors, after score normalisation.
        gap: how much closer the pair is than the query's other candidates: the median of their distances minus the
            pair's own.
        candidates: number of the query's candidates.
        references: number of references that were searched.
        model: digest of the descriptor that made the vectors; its name where code alone defines it.
    """

    distance: float
    gap: float
    candidates: int
    references: int
    model: str


def retrievals(distances: FloatArray, references: int, model: str) -> list[Retrieval]:
    """The records of one query's candidates.

    Args:
        distances: (k,) squared distances of the query's candidates, rising.
        references: number of references that were searched.
        model: digest of the descriptor that made the vectors; its name where code alone defines it.

    >>> [round(each.gap, 2) for each in retrievals(np.array([0.1, 0.7, 0.8, 0.9]), 1000, "")]
    [0.7, 0.1, -0.1, -0.2]
    """
    found = []
    for row, distance in enumerate(distances.tolist()):
        others = np.delete(distances, row)
        gap = float(np.median(others)) - distance if len(others) else 0.0
        found.append(Retrieval(distance, gap, len(distances), references, model))
    return found
