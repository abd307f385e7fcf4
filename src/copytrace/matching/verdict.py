"""What is said of a pair: a verdict, its probability, and the evidence for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import numpy as np

from copytrace.matching.probability import DEFAULT_PRIOR, Curve, LikelihoodRatio, probability
from copytrace.matching.signals import signals_of

if TYPE_CHECKING:
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
"""The probability from which on a pair is called a copy."""
PROBABLE = 0.5
"""The probability from which on a pair is called probably a copy."""
FEWEST_POINTS = 16
"""A picture with fewer points, such as a plain colour, shows too little to tell."""
POSSIBLE = 0.1
"""A pair with a lower probability is no copy."""
SAME_SCENE = 12
"""So many points of two photographs agree, though the pictures do not: the same place, another picture."""
PHOTOGRAPH = 0.8
"""An overlap of photographs shows something nearly everywhere; one of pages and drawings does not."""

CARD = "likelihood.json"


@dataclass(frozen=True)
class Judgement:
    """The verdict on a pair.

    Attributes:
        verdict: what to call it.
        probability: that the query is a copy of the reference, 0 to 1; 1 for identical files alone.
        log_ratio: natural logarithm of how much likelier the evidence is for a copy; infinite for identical files.
    """

    verdict: Verdict
    probability: float
    log_ratio: float


IDENTICAL = Judgement("copy", 1.0, float("inf"))
"""Of two files that are the same to the last byte."""
MOST = 1 - 1e-9
"""No other pair has a probability of 1."""


@dataclass(frozen=True)
class Card:
    """The likelihood ratio and how it was fitted.

    Attributes:
        mapped: of pairs for which a mapping was found.
        unmapped: the log likelihood ratio of pairs for which none was.
        fitted_to: what it was fitted to, in words.
    """

    mapped: LikelihoodRatio
    unmapped: float
    fitted_to: str

    def to_json(self) -> str:
        """The card as JSON, a curve a line; `card_from_json` takes it back."""
        curves = (
            json.dumps({"signal": curve.signal, "at": curve.at, "adds": curve.adds})
            for curve in self.mapped.curves
        )
        fields = {"fitted_to": self.fitted_to, "unmapped": self.unmapped, "start": self.mapped.start}
        rest = ",\n  ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items())
        return f'{{\n  {rest},\n  "curves": [\n    ' + ",\n    ".join(curves) + "\n  ]\n}\n"


def card_from_json(text: str) -> Card:
    """Read a card that `Card.to_json` wrote."""
    content = json.loads(text)
    curves = tuple(
        Curve(curve["signal"], tuple(curve["at"]), tuple(curve["adds"])) for curve in content["curves"]
    )
    return Card(LikelihoodRatio(content["start"], curves), content["unmapped"], content["fitted_to"])


@cache
def shipped_card() -> Card:
    """The card that comes with copytrace."""
    return card_from_json(files("copytrace.matching").joinpath(CARD).read_text("utf-8"))


def judge(evidence: Evidence | None, points: int, *, prior: float = DEFAULT_PRIOR) -> Judgement:
    """Judge a pair by its evidence.

    Args:
        evidence: what `verify` found; None where it found no mapping.
        points: number of points of the picture that has fewer.
        prior: the probability of a copy before the evidence is seen, above 0 and below 1.
    """
    card = shipped_card()
    ratio = card.unmapped if evidence is None else float(card.mapped.log(signals_of(evidence)[None])[0])
    chance = min(float(probability(np.array(ratio), prior)), MOST)
    return Judgement(_verdict(chance, evidence, points), chance, ratio)


def _verdict(chance: float, evidence: Evidence | None, points: int) -> Verdict:
    if chance >= COPY:
        return "copy"
    if chance >= PROBABLE:
        return "probable"
    if evidence is not None and evidence.support >= SAME_SCENE and evidence.overlap.texture >= PHOTOGRAPH:
        return "same_scene"
    return "unclear" if chance >= POSSIBLE or points < FEWEST_POINTS else "none"
