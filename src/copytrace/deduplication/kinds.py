"""How a copy differs from the kept picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.matching.explain import WHOLE

if TYPE_CHECKING:
    from copytrace.deduplication.records import Kind
    from copytrace.images import Facts
    from copytrace.matching import Evidence, Explanation


def kind_of(evidence: Evidence | None, explanation: Explanation | None, one: Facts, other: Facts) -> Kind:
    """Name the difference between two copies that are not identical files.

    Args:
        evidence: evidence of the pair; None if there is no mapping.
        explanation: explanation of the pair.
        one: facts from one picture's file.
        other: facts from the other's file.
    """
    if evidence is None or explanation is None:
        return "edited"
    parts = (evidence.overlap.query_share, evidence.overlap.reference_share)
    cut = sum(share < WHOLE for share in parts)
    if len(explanation.edits) > cut:
        return "edited"
    if cut:
        return "cropped"
    return "re-encoded" if (one.width, one.height) == (other.width, other.height) else "resized"
