"""Explains a copy from the evidence: where each picture lies in the other, and the likely edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.geometry import between_scaled, corners, inverse, project
from copytrace.matching.colours import colour_edits

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.matching.verifier import Evidence
    from copytrace.records import ByteArray, FloatArray

WHOLE = 0.95
"""From this share of a picture, all of it is considered present."""
COVERED = 0.15
"""If the rest is faithful, a disagreeing share of the overlap above this means that something covers it."""
FAITHFUL = 0.85
"""The best cells of an overlap correlate this well if the copy keeps its detail."""
TURNED = 3.0
"""Degrees from which a copy counts as rotated."""
STRETCHED = 1.08
"""Ratio of the scales along two directions from which a copy counts as stretched."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """Where and how a query shows a reference.

    Attributes:
        query_quad: (4, 2) the reference's corners in the query, in pixels, clockwise from its top left corner; they
            may lie outside the query. None if one of them is beyond the horizon.
        reference_quad: (4, 2) the query's corners in the reference.
        turn: clockwise rotation of the copy in degrees, above -180 and at most 180.
        scale: size of the copy relative to the original: 0.5 is half the width and height.
        edits: the likely edits, in plain words.
    """

    query_quad: FloatArray | None
    reference_quad: FloatArray
    turn: float
    scale: float
    edits: tuple[str, ...]


def explain(
    evidence: Evidence, query: ByteArray, reference: ByteArray, size: Size, onto: Size
) -> Explanation:
    """Explain a copy.

    Args:
        evidence: evidence of the pair.
        query: (h, w, 3) uint8 RGB, small version of the query.
        reference: (h, w, 3) uint8 RGB, small version of the reference.
        size: width and height of the full query, in pixels.
        onto: width and height of the full reference.
    """
    back = inverse(evidence.matrix)
    scaled = between_scaled(evidence.matrix, (size, query.shape[1::-1]), (onto, reference.shape[1::-1]))
    quad = project(back, corners(onto))
    along, down = _steps(evidence.matrix, size)
    # A mirrored copy counts as mirrored left to right first, then rotated.
    turn = float(
        np.degrees(
            np.arctan2(along[1], along[0]) if not evidence.mirrored else np.arctan2(-along[1], -along[0])
        )
    )
    longer, shorter = np.linalg.svd(np.stack([along, down]), compute_uv=False)
    return Explanation(
        query_quad=quad if np.isfinite(quad).all() else None,
        reference_quad=project(evidence.matrix, corners(size)),
        turn=turn,
        scale=float(np.sqrt(longer * shorter)),
        edits=(
            *_placed(evidence, turn, float(longer / shorter)),
            *colour_edits(query, reference, scaled),
        ),
    )


def _steps(matrix: FloatArray, size: Size) -> tuple[FloatArray, FloatArray]:
    """The vectors in the query for one pixel right and one pixel down in the reference, at the query's centre.

    The query's centre always maps to a place in the reference; the reference's centre may be beyond the horizon.
    """
    at = project(matrix, np.array(size) / 2 + np.array([[0, 0], [1, 0], [0, 1]]))
    along, down = np.linalg.inv(np.stack([at[1] - at[0], at[2] - at[0]], axis=1)).T
    return along, down


def _placed(evidence: Evidence, turn: float, stretch: float) -> list[str]:
    overlap = evidence.overlap
    edits = []
    if evidence.mirrored:
        edits.append("mirrored")
    if abs(turn) >= TURNED:
        edits.append(f"turned by {abs(turn):.0f}° {'clockwise' if turn > 0 else 'counterclockwise'}")
    if overlap.reference_share < WHOLE:
        edits.append(f"cropped to {overlap.reference_share:.0%} of the original")
    if overlap.query_share < WHOLE:
        edits.append(f"placed on a larger picture, filling {overlap.query_share:.0%} of it")
    if stretch >= STRETCHED:
        edits.append("stretched")
    disagreeing = 1 - overlap.agreeing / max(1, overlap.cells)
    if overlap.cells and overlap.sharpest >= FAITHFUL and disagreeing >= COVERED:
        edits.append("partly covered or changed")
    return edits
