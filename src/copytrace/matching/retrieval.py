"""How a pair ranked in the search that proposed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import FloatArray

NEAR_OTHERS = 0.1
"""The quantile of the other candidates' distances that a pair is compared with. With the median, all pages of one kind
would stand out in a small library of several kinds; the nearest alone may be another copy.
"""


@dataclass(frozen=True)
class Retrieval:
    """What the search knows about a pair.

    Attributes:
        distance: squared distance of the vectors, after score normalisation.
        gap: how much closer the pair is than the nearest of the query's other candidates: a low quantile of their
            distances minus the pair's own.
        candidates: number of candidates that share the query's prior.
        references: number of references searched.
        model: digest of the descriptor that made the vectors, or its name if it is code only.
        outdone: how far another candidate outdoes the pair, see `outdone`.
    """

    distance: float
    gap: float
    candidates: int
    references: int
    model: str
    outdone: float = 0.0


def retrievals(
    distances: FloatArray, references: int, model: str, sharing: int | None = None
) -> list[Retrieval]:
    """The records of one query's candidates.

    Args:
        distances: (k,) squared distances of the query's candidates, ascending.
        references: number of references searched.
        model: digest of the descriptor that made the vectors, or its name if it is code only.
        sharing: number of candidates that share the prior, if not all.

    >>> [round(each.gap, 2) for each in retrievals(np.array([0.1, 0.7, 0.8, 0.9]), 1000, "")]
    [0.62, -0.46, -0.58, -0.68]
    """
    count = len(distances)
    gaps = np.zeros(count) if count < 2 else _near_others(distances) - distances  # noqa: PLR2004 - no others
    return [
        Retrieval(distance, gap, sharing or count, references, model)
        for distance, gap in zip(distances.tolist(), gaps.tolist(), strict=True)
    ]


def gap_to(others: FloatArray, distance: float) -> float:
    """How much closer a pair is than others of its query, see `Retrieval`; 0 without others."""
    return float(np.quantile(others, NEAR_OTHERS)) - distance if len(others) else 0.0


def _near_others(rising: FloatArray) -> FloatArray:
    """(k,) the quantile of all numbers except each one in turn; expects at least two."""
    rows, place = np.arange(len(rising)), NEAR_OTHERS * (len(rising) - 2)
    lower, upper = (rising[at + (at >= rows)] for at in (int(place), min(int(place) + 1, len(rising) - 2)))
    return np.asarray(lower + (place - int(place)) * (upper - lower))
