"""What verification says of a pair, as JSON has it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copytrace.matching import Evidence, Explanation, Verdict

LARGEST = 700
"""A larger logarithm is that of no float64."""


def verdict_json(
    verdict: Verdict,
    probability: float,
    log_ratio: float,
    evidence: Evidence | None,
    explanation: Explanation | None,
) -> dict[str, Any]:
    """A verdict with the reasons for it.

    Args:
        verdict: on the pair.
        probability: of a copy.
        log_ratio: natural logarithm of the likelihood ratio; infinite for identical files.
        evidence: the mapping and what agrees with it; None where there is none.
        explanation: positions and likely edits; None where there are none.
    """
    identical = math.isinf(log_ratio)
    answer: dict[str, Any] = {
        "probability": probability,
        "verdict": verdict,
        "likelihood_ratio": None if identical else math.exp(min(log_ratio, LARGEST)),
        "identical": identical,
        **dict.fromkeys(("inliers", "mirrored", "matrix", "query_quad", "reference_quad", "query_share")),
        **dict.fromkeys(("reference_share", "turn", "scale")),
        "edits": [],
    }
    if evidence is not None:
        answer |= {
            "inliers": evidence.inliers,
            "mirrored": evidence.mirrored,
            "matrix": evidence.matrix.tolist(),
            "query_share": evidence.overlap.query_share,
            "reference_share": evidence.overlap.reference_share,
        }
    if explanation is not None:
        quad = explanation.query_quad
        answer |= {
            "query_quad": None if quad is None else quad.tolist(),
            "reference_quad": explanation.reference_quad.tolist(),
            "turn": explanation.turn,
            "scale": explanation.scale,
            "edits": list(explanation.edits),
        }
    return answer
