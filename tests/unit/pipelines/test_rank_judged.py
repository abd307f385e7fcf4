from __future__ import annotations

import math

import numpy as np
import pytest

from copytrace.matching import IDENTICAL, Judgement
from copytrace.matching.probability import probability
from copytrace.pipelines.rank_judged import rank
from copytrace.pipelines.verify_pairs import Judged
from copytrace.records import ClosestPairs

PAIRS = ClosestPairs(
    query=np.array([0, 0, 1, 1, 0, 2]),
    reference=np.array([5, 6, 5, 7, 8, 9]),
    distance=np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
)


def _judgement(log_ratio: float) -> Judgement:
    return Judgement("none", float(probability(np.array(log_ratio), 0.5)), log_ratio)


JUDGED = Judged([_judgement(-1), _judgement(30), IDENTICAL, _judgement(-1), None, _judgement(31)])


def _rows(per_query: int | None = None, max_results: int | None = None) -> list[tuple[int, int]]:
    ranked = rank(PAIRS, JUDGED, 0.01, per_query=per_query, max_results=max_results)
    return list(zip(ranked.pairs.query.tolist(), ranked.pairs.reference.tolist(), strict=True))


def test_identical_files_come_first_and_equal_evidence_by_distance() -> None:
    assert _rows() == [(1, 5), (2, 9), (0, 6), (0, 5), (1, 7), (0, 8)]


def test_the_best_pairs_per_query_or_overall_are_kept() -> None:
    assert _rows(per_query=1) == [(1, 5), (2, 9), (0, 6)]
    assert _rows(max_results=2) == [(1, 5), (2, 9)]
    assert _rows(per_query=1, max_results=2) == [(1, 5), (2, 9)]


def test_only_identical_files_are_certain_and_strong_evidence_never_ties() -> None:
    ranked = rank(PAIRS, JUDGED, 0.5, per_query=None, max_results=None)
    first, second, third = ranked.probabilities[:3]
    assert first == 1 > second > third > 1 - 1e-12


def test_a_pair_that_was_not_compared_keeps_its_share_of_the_prior_and_is_reported() -> None:
    ranked = rank(PAIRS, JUDGED, 0.25, per_query=None, max_results=None)
    assert ranked.probabilities[5] == pytest.approx(0.25 / 3)
    assert ranked.verified.verdicts[5] == "unclear"
    assert ranked.verified.left_out == {5}
    assert math.isinf(ranked.verified.log_ratios[0])
    assert ranked.verified.distances.tolist() == [0.3, 0.6, 0.2, 0.1, 0.4, 0.5]


def test_no_pairs_are_ranked_as_none() -> None:
    nothing = np.empty(0, np.int64)
    ranked = rank(
        ClosestPairs(nothing, nothing, np.empty(0)), Judged([]), 0.01, per_query=3, max_results=None
    )
    assert len(ranked.pairs) == 0
