"""The breakdown compared with a naive version that follows docs/scoring.md literally."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.evaluation import Aspect, Group, break_down, judge
from copytrace.records import Matches, Truth

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

Pair = tuple[str, str]
Row = tuple[str, str, float]

QUERIES = ["Q0", "Q1", "Q2", "Q3", "Q4"]
REFERENCES = ["R0", "R1", "R2"]
PAIRS = [(query, reference) for query in QUERIES for reference in REFERENCES]


@st.composite
def cases(draw: DrawFn) -> tuple[list[Row], set[Pair], set[str]]:
    """Rows, true pairs, and a group with at least one copy; some queries have no copy, some are not found."""
    true_pairs = draw(st.sets(st.sampled_from(PAIRS), min_size=1, max_size=6))
    pairs = draw(st.lists(st.sampled_from(PAIRS), unique=True))
    rows = [(*pair, draw(st.sampled_from([0.1, 0.5, 0.7, 0.9]))) for pair in pairs]
    copies = sorted({query for query, _ in true_pairs})
    group = draw(st.sets(st.sampled_from(copies), min_size=1))
    return rows, true_pairs, group | draw(st.sets(st.sampled_from(QUERIES)))


def naive_micro_ap(rows: list[Row], true_pairs: set[Pair], group: set[str]) -> float:
    copies = {query for query, _ in true_pairs}
    wanted = {pair for pair in true_pairs if pair[0] in group}
    kept = [row for row in rows if row[0] in group or row[0] not in copies]
    ranked = sorted(kept, key=lambda row: (-row[2], (row[0], row[1]) in true_pairs))
    found, total = 0, 0.0
    for rank, (query, reference, _) in enumerate(ranked, start=1):
        if (query, reference) in wanted:
            found += 1
            total += found / rank
    return total / len(wanted)


def naive_recall(rows: list[Row], true_pairs: set[Pair], group: set[str]) -> float:
    thresholds = []
    for _, _, threshold in rows:
        alarms = [(query, reference) in true_pairs for query, reference, score in rows if score >= threshold]
        if sum(alarms) / len(alarms) >= 0.9:
            thresholds.append(threshold)
    wanted = [pair for pair in true_pairs if pair[0] in group]
    reached = [row[:2] for row in rows if thresholds and row[2] >= min(thresholds)]
    return sum(pair in reached for pair in wanted) / len(wanted)


@given(case=cases())
def test_every_group_agrees_with_the_naive_version(case: tuple[list[Row], set[Pair], set[str]]) -> None:
    rows, true_pairs, group = case
    ordered = sorted(true_pairs)
    truth = Truth(QUERIES, [pair[0] for pair in ordered], [pair[1] for pair in ordered])
    matches = Matches([row[0] for row in rows], [row[1] for row in rows], np.array([row[2] for row in rows]))
    members = np.array([query in group for query in QUERIES])

    (aspect,) = break_down(
        judge(matches, truth), [Aspect("any", "Any", ("any",), (Group(("one",), members),))]
    )

    (scored,) = aspect.groups
    assert scored.true_pairs == sum(query in group for query, _ in true_pairs)
    assert scored.micro_ap == pytest.approx(naive_micro_ap(rows, true_pairs, group), abs=1e-12)
    assert scored.recall_at_p90 == naive_recall(rows, true_pairs, group)
