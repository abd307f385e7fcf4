"""The worst mistakes of a search: true pairs that it missed, and false pairs with high scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copytrace.records import Match, Matches, Truth


class Miss(NamedTuple):
    """A true pair and its score; None if it was not found."""

    query_id: str
    reference_id: str
    score: float | None


def worst_misses(matches: Matches, truth: Truth, edits: Mapping[str, int]) -> list[Miss]:
    """All true pairs: first those that were not found, then the others by ascending score.

    Args:
        matches: the matches found.
        truth: the true pairs.
        edits: number of edits of each query, if known. Among the pairs that were not found, those with the fewest edits
            come first, since they should have been found; ties keep the order of the ground truth.

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
    """The best `count` pairs of judged queries that are not in the ground truth.

    Args:
        matches: the matches found, by descending score.
        truth: the true pairs.
        count: the most pairs to return.
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
