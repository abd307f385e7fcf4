"""The verdict on a pair, its probability, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from copytrace.matching.card import shipped_card
from copytrace.matching.probability import DEFAULT_PRIOR, probability

if TYPE_CHECKING:
    from copytrace.matching.card import Card
    from copytrace.matching.retrieval import Retrieval
    from copytrace.matching.verifier import Evidence

Verdict = Literal["copy", "probable", "same_scene", "unclear", "none"]

IN_WORDS: dict[Verdict, str] = {
    "copy": "copy",
    "probable": "probably a copy",
    "same_scene": "same scene",
    "unclear": "cannot tell",
    "none": "no copy found",
}

COPY = 0.95
"""From this probability, a pair is called a copy."""
PROBABLE = 0.5
"""From this probability, a pair is called probably a copy."""
FEWEST_POINTS = 16
"""A picture with fewer points, such as a plain colour, shows too little to tell."""
POSSIBLE = 0.1
"""A pair below this probability is not a copy."""
SAME_SCENE = 12
"""If this many points of two photographs agree but the pictures do not, they show the same place in another picture."""
SCENE_FOUND = 0.02
"""Of the SIFT points of a scene, at least this share is found again in another picture of it. Learned points also agree
between two things of one kind, such as two shirts.
"""
PHOTOGRAPH = 0.8
"""An overlap of photographs has texture nearly everywhere; one of pages and drawings does not."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a pair.

    Attributes:
        verdict: what to call it.
        probability: that the query is a copy of the reference, 0 to 1; 1 only for identical files.
        log_ratio: natural logarithm of how much more likely the evidence is for a copy; infinite for identical files.
    """

    verdict: Verdict
    probability: float
    log_ratio: float


IDENTICAL = Judgement("copy", 1.0, float("inf"))
"""For two files that are identical to the last byte."""
MOST = float(np.nextafter(1, 0))
"""No other pair has a probability of 1."""


def judge(
    evidence: Evidence | None,
    points: int,
    *,
    prior: float = DEFAULT_PRIOR,
    retrieval: Retrieval | None = None,
    card: Card | None = None,
) -> Judgement:
    """Judge a pair by its evidence.

    Args:
        evidence: the result of `verify`; None if it found no mapping.
        points: number of points of the picture with fewer points.
        prior: probability of a copy before seeing the evidence, above 0 and below 1. The candidates of a search share
            it.
        retrieval: how the pair ranked in the search that proposed it; None for pictures that a person chose.
        card: the likelihood ratios; by default those that ship with copytrace.
    """
    ratio = (card or shipped_card()).log_ratio(evidence, retrieval)
    share = prior if retrieval is None else prior / retrieval.candidates
    chance = min(float(probability(np.array(ratio), share)), MOST)
    return Judgement(_verdict(chance, evidence, points), chance, ratio)


def _verdict(chance: float, evidence: Evidence | None, points: int) -> Verdict:
    if chance >= COPY:
        return "copy"
    if chance >= PROBABLE:
        return "probable"
    if evidence is not None and _same_scene(evidence):
        return "same_scene"
    return "unclear" if chance >= POSSIBLE or points < FEWEST_POINTS else "none"


def _same_scene(evidence: Evidence) -> bool:
    many = evidence.support >= SAME_SCENE and evidence.found >= SCENE_FOUND
    return many and evidence.overlap.texture >= PHOTOGRAPH
