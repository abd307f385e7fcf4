"""The verification result of a pair, for the records of several kinds of search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.matching.verdict import IN_WORDS
from copytrace.matching.verdict_json import likelihood_ratio
from copytrace.matching.words import percent, reasons

if TYPE_CHECKING:
    from copytrace.matching.explain import Explanation
    from copytrace.matching.verdict import Judgement, Verdict
    from copytrace.matching.verifier import Evidence


class Judged:
    """A pair of pictures, compared or not; records inherit this class and have its three attributes.

    Attributes:
        judgement: the verdict, its probability and likelihood ratio; None without verification.
        evidence: the mapping between the pictures and what agrees with it; None without a mapping.
        explanation: the position of each picture in the other, and the likely edits; None without a mapping.
    """

    judgement: Judgement | None
    evidence: Evidence | None
    explanation: Explanation | None

    @property
    def verdict(self) -> Verdict | None:
        """`copy`, `probable`, `same_scene`, `unclear` or `none`; None without verification."""
        return None if self.judgement is None else self.judgement.verdict

    @property
    def probability(self) -> float | None:
        """The probability of a copy, 1 for identical files alone; None without verification."""
        return None if self.judgement is None else self.judgement.probability

    @property
    def likelihood_ratio(self) -> float | None:
        """How much more likely the evidence is for a copy; None without verification and for identical files."""
        return None if self.judgement is None else likelihood_ratio(self.judgement)

    @property
    def edits(self) -> tuple[str, ...]:
        """The likely edits of the copy, in words."""
        return () if self.explanation is None else tuple(self.explanation.edits)

    def in_words(self) -> str:
        """The verdict and its probability; empty without verification."""
        if self.judgement is None:
            return ""
        return f"{IN_WORDS[self.judgement.verdict]} ({percent(self.judgement.probability)})"

    def reasons(self) -> str:
        """The edits of a copy, and the basis of the verdict; empty if there is nothing to report."""
        if self.judgement is None:
            return ""
        return reasons(self.judgement.verdict, self.judgement.probability, self.evidence, self.explanation)
