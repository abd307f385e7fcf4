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
    count = len(distances)
    gaps = np.zeros(count) if count < 2 else _medians_of_others(distances) - distances  # noqa: PLR2004 - no others
    return [
        Retrieval(distance, gap, count, references, model)
        for distance, gap in zip(distances.tolist(), gaps.tolist(), strict=True)
    ]


def _medians_of_others(rising: FloatArray) -> FloatArray:
    """(k,) the median of all numbers but each, of at least two."""
    rows, count = np.arange(len(rising)), len(rising) - 1
    lower, upper = (rising[place + (place >= rows)] for place in ((count - 1) // 2, count // 2))
    return np.asarray((lower + upper) / 2)
