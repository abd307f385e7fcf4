"""What verification says of candidate pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copytrace.matching import Evidence, Explanation, Verdict
    from copytrace.records import FloatArray


@dataclass(frozen=True, eq=False)
class Details:
    """Why a pair got its verdict, and where each picture lies in the other.

    Attributes:
        evidence: the mapping and what agrees with it.
        explanation: positions and likely edits.
    """

    evidence: Evidence
    explanation: Explanation


@dataclass(frozen=True, eq=False)
class Verified:
    """Verdicts on n pairs, in the order of the pairs.

    Attributes:
        verdicts: n verdicts.
        log_ratios: (n,) natural logarithms of the likelihood ratios; infinite for identical files.
        prior: the probability of a copy before the evidence is seen.
        details: by position among the pairs, of those with a verdict other than "none" and a mapping.
    """

    verdicts: Sequence[Verdict]
    log_ratios: FloatArray
    prior: float
    details: Mapping[int, Details]
