"""Scoring compared with naive versions that follow the definitions literally."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from copytrace.evaluation import (
    Judged,
    judge,
    precision_recall,
    recall_at_precision,
    score_judged,
    score_matches,
)
from copytrace.evaluation.bootstrap import Resampled
from copytrace.records import Matches, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

Pair = tuple[str, str]
Row = tuple[str, str, float]

PAIRS: list[Pair] = list(product(("Q0", "Q1", "Q2", "Q3", "Q8", "Q9"), ("R0", "R1", "R2", "R3")))
JUDGED_QUERIES = ["Q0", "Q1", "Q2", "Q3"]
"""Q8 and Q9 are predicted but are not in the truth."""

few_scores: SearchStrategy[float] = st.sampled_from([-1.5, 0.0, 0.25, 0.5])
any_scores = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def truths(draw: DrawFn) -> set[Pair]:
    """Any true pairs of the judged queries, so that a query has none, one or several references."""
    return draw(st.sets(st.sampled_from([pair for pair in PAIRS if pair[0] in JUDGED_QUERIES]), min_size=1))


@st.composite
def submissions(draw: DrawFn) -> list[Row]:
    """Rows of distinct pairs, in any order, with many ties or few."""
    pairs = draw(st.lists(st.sampled_from(PAIRS), unique=True))
    scores = draw(st.sampled_from([few_scores, any_scores]))
    return [(query, reference, draw(scores)) for query, reference in pairs]


def as_matches(rows: Sequence[Row]) -> Matches:
    return Matches(
        [row[0] for row in rows], [row[1] for row in rows], np.array([row[2] for row in rows], float)
    )


def as_truth(true_pairs: Iterable[Pair]) -> Truth:
    ordered = sorted(true_pairs)
    return Truth(JUDGED_QUERIES, [pair[0] for pair in ordered], [pair[1] for pair in ordered])


def naive_curve(
    rows: Sequence[Row], true_pairs: set[Pair], positives: int
) -> list[tuple[float, float, float]]:
    """(precision, recall, score) at every rank."""
    judged = [((q, r) in true_pairs, score) for q, r, score in rows if q in JUDGED_QUERIES]
    judged.sort(key=lambda row: (-row[1], row[0]))
    curve, found = [], 0
    for rank, (right, score) in enumerate(judged, start=1):
        found += right
        curve.append((found / rank, found / positives, score))
    return curve


def naive_micro_ap(curve: Sequence[tuple[float, float, float]]) -> float:
    total, last_recall = 0.0, 0.0
    for precision, recall, _ in curve:
        total += (recall - last_recall) * precision
        last_recall = recall
    return total


def naive_recall_at_k(rows: Sequence[Row], true_pairs: set[Pair], k: int) -> float:
    found = 0
    for query, reference, score in rows:
        if (query, reference) in true_pairs:
            found += sum(q == query and s >= score for q, _, s in rows) <= k
    return found / len(true_pairs)


@given(rows=submissions(), true_pairs=truths())
@example(rows=[], true_pairs={("Q0", "R0")})
@example(rows=[("Q0", "R0", 0.5)], true_pairs={("Q0", "R0")})
@example(rows=[("Q0", "R1", 0.5)], true_pairs={("Q0", "R0")})
@example(rows=[("Q9", "R0", 0.5)], true_pairs={("Q0", "R0")})
@example(
    rows=[("Q0", "R0", 0.5), ("Q0", "R1", 0.5), ("Q1", "R0", 0.5)], true_pairs={("Q0", "R0"), ("Q0", "R1")}
)
def test_every_measure_agrees_with_the_naive_version(rows: list[Row], true_pairs: set[Pair]) -> None:
    curve = naive_curve(rows, true_pairs, len(true_pairs))
    precise = [(recall, score) for precision, recall, score in curve if precision >= 0.9]

    score = score_matches(as_matches(rows), as_truth(true_pairs), bootstrap=0)

    assert score.micro_ap == pytest.approx(naive_micro_ap(curve), abs=1e-12)
    assert score.recall_at_p90 == max((recall for recall, _ in precise), default=0.0)
    assert score.recall_at_1 == naive_recall_at_k(rows, true_pairs, 1)
    assert score.recall_at_10 == naive_recall_at_k(rows, true_pairs, 10)
    assert (score.queries, score.true_pairs, score.predictions) == (4, len(true_pairs), len(curve))


@given(rows=submissions(), true_pairs=truths())
def test_the_curve_agrees_with_the_naive_version(rows: list[Row], true_pairs: set[Pair]) -> None:
    curve = precision_recall(judge(as_matches(rows), as_truth(true_pairs)))

    expected = naive_curve(rows, true_pairs, len(true_pairs))
    assert list(zip(curve.precision, curve.recall, curve.threshold, strict=True)) == expected


@given(rows=submissions(), true_pairs=truths(), precision=st.sampled_from([0.1, 0.5, 2 / 3, 0.9, 1.0]))
def test_cutting_at_the_threshold_gives_exactly_the_recall_and_the_precision(
    rows: list[Row], true_pairs: set[Pair], precision: float
) -> None:
    point = recall_at_precision(judge(as_matches(rows), as_truth(true_pairs)), precision)

    if point.threshold is None:
        assert (point.recall, point.precision) == (0.0, None)
        return
    kept = [(q, r) in true_pairs for q, r, score in rows if q in JUDGED_QUERIES and score >= point.threshold]
    assert point.recall == sum(kept) / len(true_pairs)
    assert point.precision == sum(kept) / len(kept)
    assert point.precision >= precision


def resampled_list(
    rows: Sequence[Row], true_pairs: set[Pair], times: Mapping[str, int]
) -> tuple[list[Row], set[Pair]]:
    """The list and the truth with copy i of query Q named Q#i, as if they were separate queries."""
    copied = [(f"{q}#{i}", r, score) for q, r, score in rows for i in range(times.get(q, 0))]
    return copied, {(f"{q}#{i}", r) for q, r in true_pairs for i in range(times[q])}


def naive_resampled_micro_ap(rows: Sequence[Row], true_pairs: set[Pair], times: Mapping[str, int]) -> float:
    copied, copied_truth = resampled_list(rows, true_pairs, times)
    ranked = sorted(copied, key=lambda row: (-row[2], (row[0], row[1]) in copied_truth))
    right = [(row[0], row[1]) in copied_truth for row in ranked]
    precisions = [sum(right[:rank]) / rank for rank in range(1, len(right) + 1) if right[rank - 1]]
    return sum(precisions) / len(copied_truth)


@given(
    rows=submissions(),
    true_pairs=truths(),
    times=st.lists(st.integers(0, 4), min_size=len(JUDGED_QUERIES), max_size=len(JUDGED_QUERIES)),
)
def test_a_query_drawn_w_times_counts_like_w_queries(
    rows: list[Row], true_pairs: set[Pair], times: list[int]
) -> None:
    named = dict(zip(JUDGED_QUERIES, times, strict=True))
    if not any(named[query] for query, _ in true_pairs):
        named[next(iter(true_pairs))[0]] = 2
    resampled = Resampled(judge(as_matches(rows), as_truth(true_pairs)))

    micro_ap = resampled.micro_ap(np.array(list(named.values())), resampled.room())

    assert micro_ap == pytest.approx(naive_resampled_micro_ap(rows, true_pairs, named), abs=1e-12)


def test_a_large_list_with_ties_agrees_with_sorting_it_the_naive_way() -> None:
    generator = np.random.default_rng(7)
    queries, per_query = 3_000, 10
    query = np.repeat(np.arange(queries), per_query)
    correct = np.zeros(len(query), dtype=bool)
    correct[::per_query] = generator.random(queries) < 0.4
    scores = (generator.normal(size=len(query)) + correct).round(1)
    positives = np.bincount(query[correct], minlength=queries) + (generator.random(queries) < 0.1)
    shuffle = generator.permutation(len(query))

    score = score_judged(Judged(correct[shuffle], scores[shuffle], query[shuffle], positives), bootstrap=0)

    ranked = sorted(zip(-scores, correct, strict=True))
    found, total = 0, 0.0
    for rank, (_, right) in enumerate(ranked, start=1):
        found += int(right)
        total += found / rank if right else 0.0
    assert score.micro_ap == pytest.approx(total / positives.sum(), rel=1e-12)
