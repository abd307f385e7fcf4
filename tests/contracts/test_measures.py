"""Requirements of every measure; a new one is tested as soon as it is in MEASURES."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.evaluation import MEASURES, Judged
from copytrace.records import Score

Measure = Callable[[Judged], float]

every_measure = pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)


@st.composite
def judgements(draw: st.DrawFn) -> Judged:
    """Any judged list: ties, queries without predictions, pairs that are not found, an empty list."""
    size = draw(st.integers(0, 40))
    queries = draw(st.integers(1, 8))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    correct = generator.random(size) < draw(st.floats(0, 1))
    query = generator.integers(0, queries, size)
    scores = generator.normal(size=size).round(draw(st.integers(0, 3)))
    positives = np.bincount(query[correct], minlength=queries) + generator.integers(0, 2, queries)
    positives[0] += positives.sum() == 0
    return Judged(correct, scores, query, positives)


def changed(judged: Judged, **columns: np.ndarray) -> Judged:
    taken = {field.name: getattr(judged, field.name) for field in fields(judged)}
    return Judged(**{**taken, **columns})


@every_measure
@given(judged=judgements())
def test_it_lies_between_0_and_1(measure: Measure, judged: Judged) -> None:
    assert type(measure(judged)) is float
    assert 0.0 <= measure(judged) <= 1.0


@every_measure
@given(judged=judgements(), seed=st.integers(0, 1000))
def test_it_does_not_depend_on_the_order_of_the_predictions(
    measure: Measure, judged: Judged, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(judged))

    shuffled = changed(
        judged, correct=judged.correct[order], scores=judged.scores[order], query=judged.query[order]
    )

    assert measure(shuffled) == measure(judged)


@every_measure
@given(judged=judgements())
def test_only_the_order_of_the_scores_matters(measure: Measure, judged: Judged) -> None:
    assert measure(changed(judged, scores=judged.scores * 4.0 - 7.0)) == measure(judged)


@every_measure
@given(judged=judgements())
def test_it_does_not_depend_on_how_queries_are_numbered(measure: Measure, judged: Judged) -> None:
    last = judged.queries - 1

    renumbered = changed(judged, query=last - judged.query, positives=judged.positives[::-1])

    assert measure(renumbered) == measure(judged)


@every_measure
def test_a_perfect_list_gives_1(measure: Measure) -> None:
    # Each of ten queries finds its only copy, above the false alarms of ten other queries.
    correct = np.repeat([True, False], 10)
    scores = np.concatenate([np.linspace(2, 3, 10), np.linspace(0, 1, 10)])

    assert measure(Judged(correct, scores, np.arange(20), np.repeat([1, 0], 10))) == 1.0


@every_measure
def test_finding_nothing_gives_0(measure: Measure) -> None:
    wrong = Judged(np.array([False, False]), np.array([0.9, 0.1]), np.array([0, 1]), np.array([1, 1]))
    empty = Judged(np.array([], bool), np.array([]), np.array([], int), np.array([1, 1]))

    assert measure(wrong) == 0.0
    assert measure(empty) == 0.0


@every_measure
@given(judged=judgements())
def test_one_score_for_all_is_never_better_than_any_other_scores(measure: Measure, judged: Judged) -> None:
    flat = changed(judged, scores=np.zeros(len(judged)))

    assert measure(flat) <= measure(judged) + 1e-12


@every_measure
@given(judged=judgements())
def test_raising_the_score_of_a_right_prediction_never_costs(measure: Measure, judged: Judged) -> None:
    raised = changed(judged, scores=judged.scores + judged.correct)

    assert measure(raised) >= measure(judged) - 1e-12


@every_measure
def test_its_name_is_a_field_of_the_score_and_stands_in_the_docs(measure: Measure) -> None:
    docs = Path(__file__).parents[2] / "docs" / "scoring.md"

    assert measure.__name__ in {field.name for field in fields(Score)}
    assert f"`{measure.__name__}`" in docs.read_text(encoding="utf-8")


def test_no_two_measures_have_one_name() -> None:
    names = [measure.__name__ for measure in MEASURES]

    assert len(names) == len(set(names))
