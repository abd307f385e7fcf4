"""How a copy differs from the picture that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.matching.explain import WHOLE

if TYPE_CHECKING:
    from copytrace.deduplication.records import Kind
    from copytrace.images import Facts
    from copytrace.matching import Evidence, Explanation


def kind_of(evidence: Evidence | None, explanation: Explanation | None, one: Facts, other: Facts) -> Kind:
    """Name the difference of two copies that are not the same file.

    Args:
        evidence: of the pair; None where no mapping was found.
        explanation: of the pair.
        one: what the file of one picture tells.
        other: what that of the other one tells.
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
