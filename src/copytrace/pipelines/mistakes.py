"""The mistakes of a search, the worst first: true pairs that it missed, and false ones that it is sure of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copytrace.records import Match, Matches, Truth


class Miss(NamedTuple):
    """A true pair, and the score it was found with; None where it was not found."""

    query_id: str
    reference_id: str
    score: float | None


def worst_misses(matches: Matches, truth: Truth, edits: Mapping[str, int]) -> list[Miss]:
    """All true pairs: those that were not found first, then the others by rising score.

    Args:
        matches: what was found.
        truth: the true pairs.
        edits: how many edits each query has, where that is known. Of the pairs that were not found the least
            edited come first, for these should have been found; equals keep the order of the truth.

    >>> import numpy as np
    >>> from copytrace.records import Matches, Truth
    >>> truth = Truth(["Q1", "Q2", "Q3"], ["Q1", "Q2", "Q3"], ["R1", "R2", "R3"])
    >>> found = Matches(["Q1", "Q2"], ["R1", "R3"], np.array([0.9, 0.8]))
    >>> [miss.query_id for miss in worst_misses(found, truth, {"Q2": 4, "Q3": 1})]
    ['Q3', 'Q2', 'Q1']
    """
    pairs = list(zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True))
    score: dict[tuple[str, str], float | None] = dict.fromkeys(pairs)
    for match in matches:
        if (match.query_id, match.reference_id) in score:
            score[match.query_id, match.reference_id] = match.score
    misses = [Miss(*pair, score[pair]) for pair in pairs]

    def badness(miss: Miss) -> tuple[bool, float]:
        found = miss.score is not None
        return found, miss.score if miss.score is not None else edits.get(miss.query_id, 0)

    return sorted(misses, key=badness)


def surest_false_matches(matches: Matches, truth: Truth, count: int) -> list[Match]:
    """The best `count` pairs that the truth does not have, of queries that it judges.

    Args:
        matches: what was found, by falling score.
        truth: the true pairs.
        count: the most that are wanted.
    """
    judged = set(truth.query_ids)
    true_pairs = set(zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True))
    false: list[Match] = []
    for match in matches:
        if len(false) == count:
            break
        if match.query_id in judged and (match.query_id, match.reference_id) not in true_pairs:
            false.append(match)
    return false
