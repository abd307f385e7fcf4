from __future__ import annotations

import numpy as np
import pytest

from copytrace.errors import EvaluationError
from copytrace.evaluation import Aspect, AspectScores, Group, GroupScore, Judged, break_down, score_judged

# Queries 0 and 1 are copies, 2 is not; ranking: right of 0, wrong of 2, wrong of 0, right of 1.
JUDGED = Judged(
    correct=np.array([True, False, False, True]),
    scores=np.array([0.9, 0.8, 0.7, 0.6]),
    query=np.array([0, 2, 0, 1]),
    positives=np.array([1, 1, 0]),
)


def group(name: str, members: str) -> Group:
    """A group, given as one letter per query: y if it is in the group, n if not."""
    return Group((name,), np.array([letter == "y" for letter in members]))


def scores(judged: Judged, *groups: Group) -> tuple[GroupScore, ...]:
    (aspect,) = break_down(judged, [Aspect("mix", "Mix", ("mix",), groups)])
    assert (aspect.key, aspect.title, aspect.columns) == ("mix", "Mix", ("mix",))
    return aspect.groups


def test_a_group_competes_with_the_queries_without_a_copy_and_not_with_other_copies() -> None:
    light, hard = scores(JUDGED, group("light", "ynn"), group("hard", "nyn"))

    assert light == GroupScore(("light",), true_pairs=1, micro_ap=1.0, recall_at_p90=1.0)
    # Without the wrong row of query 0, one wrong row precedes the right one, not two.
    assert hard == GroupScore(("hard",), true_pairs=1, micro_ap=0.5, recall_at_p90=0.0)


def test_the_recall_is_taken_at_the_threshold_of_the_whole_list() -> None:
    # Alone, query 1 would be found at precision 1/2; with 9 right ones before it, at 10/11.
    judged = Judged(
        correct=np.array([True] * 9 + [False, True]),
        scores=np.arange(11, 0, -1.0),
        query=np.array([0] * 9 + [2, 1]),
        positives=np.array([9, 1, 0]),
    )

    (weak,) = scores(judged, group("weak", "nyn"))

    assert (weak.micro_ap, weak.recall_at_p90) == (0.5, 1.0)


def test_without_a_precise_rank_every_recall_is_zero() -> None:
    judged = Judged(np.array([False, True]), np.array([2.0, 1.0]), np.array([1, 0]), np.array([1, 0]))

    (only,) = scores(judged, group("only", "yn"))

    assert (only.micro_ap, only.recall_at_p90) == (0.5, 0.0)


def test_equal_scores_rank_wrong_before_right() -> None:
    judged = Judged(np.array([True, False]), np.array([1.0, 1.0]), np.array([0, 1]), np.array([1, 0]))

    assert scores(judged, group("only", "yn"))[0].micro_ap == 0.5


def test_nothing_found_is_zero() -> None:
    nothing = np.array([])
    judged = Judged(nothing.astype(bool), nothing, nothing.astype(np.int64), np.array([2, 0]))

    assert scores(judged, group("only", "yn")) == (GroupScore(("only",), 2, 0.0, 0.0),)


def test_a_group_of_all_copies_scores_as_the_whole() -> None:
    whole = score_judged(JUDGED, bootstrap=0)

    (every,) = scores(JUDGED, group("all", "yyn"))

    assert (every.micro_ap, every.recall_at_p90) == (whole.micro_ap, whole.recall_at_p90)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (np.array([False, False, True]), "The group 'odd' has no true pair"),
        (np.array([True, False]), r"are bool \(2,\); expected bool \(3,\)"),
        (np.array([0, 1, 0]), r"are int64 \(3,\); expected bool \(3,\)"),
    ],
)
def test_a_group_that_cannot_be_scored_is_refused(members: np.ndarray, sentence: str) -> None:
    with pytest.raises(EvaluationError, match=sentence):
        scores(JUDGED, Group(("odd",), members))


def test_an_outline_has_a_heading_wherever_the_names_above_change() -> None:
    names = [("a", "x", "1"), ("a", "x", "2"), ("a", "y", "3"), ("b", "y", "4")]
    groups = tuple(GroupScore(name, 1, 1.0, 1.0) for name in names)

    rows = AspectScores("k", "T", ("p", "q", "r"), groups).outline()

    assert [(row.depth, row.name, row.group is None) for row in rows] == [
        (0, "a", True),
        (1, "x", True),
        (2, "1", False),
        (2, "2", False),
        (1, "y", True),
        (2, "3", False),
        (0, "b", True),
        (1, "y", True),
        (2, "4", False),
    ]
