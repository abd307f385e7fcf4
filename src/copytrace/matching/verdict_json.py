"""The result of verifying a pair as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copytrace.matching.explain import Explanation
    from copytrace.matching.verdict import Judgement
    from copytrace.matching.verifier import Evidence

LARGEST = 700
"""No float64 has a larger logarithm."""
VERDICT_COLUMNS = {
    "probability": "number",
    "verdict": "text",
    "likelihood_ratio": "number",
    "identical": "flag",
    "inliers": "count",
    "mirrored": "flag",
    "matrix": "text",
    "query_quad": "text",
    "reference_quad": "text",
    "query_share": "number",
    "reference_share": "number",
    "turn": "number",
    "scale": "number",
    "edits": "text",
}
"""The fields of a judged pair, and the type of each as a column of a table."""


def likelihood_ratio(judgement: Judgement) -> float | None:
    """How much more likely the evidence is for a copy; None for identical files, for which it is infinite."""
    return None if math.isinf(judgement.log_ratio) else math.exp(min(judgement.log_ratio, LARGEST))


def verdict_json(
    judgement: Judgement | None, evidence: Evidence | None, explanation: Explanation | None
) -> dict[str, Any]:
    """A verdict with the reasons for it.

    Args:
        judgement: on the pair; None if it was not verified.
        evidence: the mapping and what agrees with it, if there is one.
        explanation: positions and likely edits, if there are any.
    """
    answer: dict[str, Any] = {**dict.fromkeys(VERDICT_COLUMNS), "edits": []}
    if judgement is not None:
        answer |= {
            "probability": judgement.probability,
            "verdict": judgement.verdict,
            "likelihood_ratio": likelihood_ratio(judgement),
            "identical": math.isinf(judgement.log_ratio),
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
