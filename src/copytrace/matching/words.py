"""Describes a pair of pictures in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.matching.verdict import IN_WORDS

if TYPE_CHECKING:
    from copytrace.matching.explain import Explanation
    from copytrace.matching.verdict import Verdict
    from copytrace.matching.verifier import Evidence


def sentence(
    verdict: Verdict,
    probability: float,
    evidence: Evidence | None = None,
    explanation: Explanation | None = None,
) -> str:
    """The verdict on a pair, its probability and the reasons.

    Args:
        verdict: verdict on the pair.
        probability: that it is a copy; 1 only for identical files.
        evidence: the mapping and what agrees with it, if there is one.
        explanation: the likely edits.

    >>> sentence("none", 0.0021)
    'no copy found (0.2%)'
    """
    found = f"{IN_WORDS[verdict]} ({percent(probability)})"
    why = reasons(verdict, probability, evidence, explanation)
    return f"{found}: {why}" if why else found


def reasons(
    verdict: Verdict, probability: float, evidence: Evidence | None, explanation: Explanation | None
) -> str:
    """The edits of a copy, and the reasons for the verdict; empty if there is nothing to say."""
    if probability == 1:
        return "the files are identical"
    if evidence is None or verdict == "none":
        return ""
    if explanation is None or verdict not in {"copy", "probable"}:
        return _agreement(evidence)
    return f"{', '.join(explanation.edits) or 'the whole picture'}; {_agreement(evidence)}"


def percent(chance: float) -> str:
    """A probability for people; only certainty is shown as 100%.

    >>> percent(0.99997), percent(0.5), percent(1e-7), percent(1.0)
    ('>99.9%', '50.0%', '<0.1%', '100%')
    """
    if chance == 1:
        return "100%"
    if chance > 0.999:  # noqa: PLR2004 - rounding would say 100%
        return ">99.9%"
    return "<0.1%" if chance < 0.001 else f"{chance:.1%}"  # noqa: PLR2004 - rounding would say 0%


def _agreement(evidence: Evidence) -> str:
    points, overlap = evidence.support, evidence.overlap
    found = "1 point agrees" if points == 1 else f"{points} points agree"
    return f"{found} in {overlap.agreeing / overlap.cells:.0%} of the overlap" if overlap.cells else found
