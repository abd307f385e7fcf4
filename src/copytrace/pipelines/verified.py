"""The results of verifying candidate pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copytrace.matching import Evidence, Explanation, Verdict
    from copytrace.records import FloatArray


@dataclass(frozen=True, eq=False)
class Details:
    """The reasons for a pair's verdict, and where each picture lies in the other.

    Attributes:
        evidence: the mapping and what agrees with it.
        explanation: positions and likely edits.
        outdone: how far another candidate outdoes the pair, see `copytrace.matching.outdone`.
    """

    evidence: Evidence
    explanation: Explanation
    outdone: float = 0.0


@dataclass(frozen=True, eq=False)
class Verified:
    """Verdicts on n pairs, in the order of the pairs.

    Attributes:
        verdicts: n verdicts.
        log_ratios: (n,) natural logarithms of the likelihood ratios; infinite for identical files.
        prior: probability of a copy before the evidence is seen.
        details: by position, for pairs with a mapping and a verdict other than "none".
        distances: (n,) squared distances of the pairs' vectors; empty if unknown.
        left_out: positions of the pairs that were not compared, for lack of time or of a picture.
    """

    verdicts: Sequence[Verdict]
    log_ratios: FloatArray
    prior: float
    details: Mapping[int, Details]
    distances: FloatArray = field(default_factory=lambda: np.empty(0))
    left_out: frozenset[int] = frozenset()

    def taken(self, positions: Sequence[int]) -> Verified:
        """The verdicts on some of the pairs."""
        rows = list(positions)
        pairs = list(enumerate(rows))
        return Verified(
            verdicts=[self.verdicts[position] for position in rows],
            log_ratios=self.log_ratios[rows],
            prior=self.prior,
            details={new: self.details[old] for new, old in pairs if old in self.details},
            distances=self.distances[rows] if len(self.distances) else self.distances,
            left_out=frozenset(new for new, old in pairs if old in self.left_out),
        )
