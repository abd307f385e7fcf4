from __future__ import annotations

import numpy as np

from copytrace.pipelines.mistakes import Miss, surest_false_matches, worst_misses
from copytrace.records import Match, Matches, Truth

TRUTH = Truth(["Q1", "Q2", "Q3", "Q4"], ["Q1", "Q2", "Q3"], ["R1", "R2", "R3"])


def found(*rows: tuple[str, str, float]) -> Matches:
    return Matches([row[0] for row in rows], [row[1] for row in rows], np.array([row[2] for row in rows]))


def test_missed_pairs_come_first_then_the_lowest_scores() -> None:
    matches = found(("Q3", "R3", 0.9), ("Q4", "R1", 0.8), ("Q1", "R1", 0.7))

    assert worst_misses(matches, TRUTH, {}) == [
        Miss("Q2", "R2", None),
        Miss("Q1", "R1", 0.7),
        Miss("Q3", "R3", 0.9),
    ]


def test_the_least_edited_missed_pairs_come_first() -> None:
    missed = worst_misses(found(("Q1", "R2", 0.5)), TRUTH, {"Q1": 3, "Q2": 1, "Q3": 3})

    assert [miss.query_id for miss in missed] == ["Q2", "Q1", "Q3"]


def test_false_matches_are_those_of_judged_queries_and_the_surest_come_first() -> None:
    matches = found(("Q9", "R1", 1.0), ("Q1", "R1", 0.9), ("Q4", "R1", 0.8), ("Q1", "R2", 0.7))

    assert surest_false_matches(matches, TRUTH, 5) == [Match("Q4", "R1", 0.8), Match("Q1", "R2", 0.7)]
    assert surest_false_matches(matches, TRUTH, 1) == [Match("Q4", "R1", 0.8)]
