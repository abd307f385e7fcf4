"""Numbers that speak for or against a copy, derived from the evidence of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.matching.fit import TIGHT

if TYPE_CHECKING:
    from copytrace.matching.photometric import Agreement
    from copytrace.matching.retrieval import Retrieval
    from copytrace.matching.verifier import Evidence
    from copytrace.records import FloatArray

SIGNALS = (
    "support",
    "sift",
    "learned",
    "agreement",
    "area",
    "found",
    "precision",
    "correlation",
    "kept",
    "consistent",
    "texture",
    "textured",
)
"""Their names; more of each speaks for a copy. `textured` is support by texture: points on a page count less."""
RETRIEVAL_SIGNALS = ("closeness", "gap", "selectivity", "unrivalled")
"""Names of the signals of pairs that a search proposed. `selectivity` falls with the number of references: among more
references, more resemble a query by chance. `unrivalled` falls the further another candidate outdoes the pair."""


KEPT_PER_DIGIT, KEPT_OF_PAGE = 0.05, 0.2
"""How much larger a share of its points is found again for each further digit to which a copy's best cells correlate:
0.05 at .99, 0.1 at .999, and so on; and how much is added for a page at the same scale, which keeps nearly all."""
SAME = 1e-5
"""Cells that differ by less correlate perfectly."""


def signals_of(evidence: Evidence | None) -> FloatArray:
    """(s,) the values of `SIGNALS`; NaN if there is no mapping."""
    if evidence is None:
        return np.full(len(SIGNALS), np.nan)
    overlap = evidence.overlap
    return np.array(
        [
            np.log2(evidence.support),
            np.log2(1 + evidence.inliers - evidence.learned),
            np.log2(1 + evidence.learned),
            overlap.agreeing / (overlap.cells + 5),
            np.log2(1 + overlap.agreeing),
            np.log2(evidence.found + 0.01),
            -evidence.residual / TIGHT,
            overlap.correlation,
            _kept(evidence),
            _consistent(overlap),
            overlap.texture,
            np.log2(evidence.support) * overlap.texture,
        ]
    )


def signals_of_retrieval(retrieval: Retrieval) -> FloatArray:
    """(r,) the values of `RETRIEVAL_SIGNALS`."""
    return np.array([-retrieval.distance, retrieval.gap, -np.log10(retrieval.references), -retrieval.outdone])


def _kept(evidence: Evidence) -> float:
    """How far the share of points found again falls below that of an equally faithful copy: 0, or negative.

    The better the best cells correlate, the more detail the copy has kept, and the more of its points are found again.
    Two pages from the same template agree as well in their frames, but few of their points are found.
    """
    overlap = evidence.overlap
    digits = -np.log10(max(1 - overlap.sharpest, SAME))
    shares = overlap.query_share, overlap.reference_share
    same_scale = np.clip(2 * min(shares) / max(*shares, SAME) - 1, 0, 1)
    per_digit = KEPT_PER_DIGIT + KEPT_OF_PAGE * _page(overlap) * same_scale
    return float(min(evidence.found - per_digit * max(digits - 1, 0), 0))


def _consistent(overlap: Agreement) -> float:
    """How much of a page differs although its best cells match to the pixel: 0, or negative.

    An edit that changes a copy in many places changes all of its cells a little, unless something was laid over it, as
    over photographs. Two pages from the same template match in their frames and differ wherever they have content.
    """
    same = np.clip((overlap.sharpest - 0.985) / 0.015, 0, 1)
    return float(-same * _page(overlap) * min(overlap.differing / (overlap.cells + 5), 0.4))


def _page(overlap: Agreement) -> float:
    """How surely an overlap is of pages or drawings rather than of photographs, 0 to 1."""
    return float(np.clip((0.95 - overlap.texture) / 0.1, 0, 1))
