from __future__ import annotations

import pytest

from copytrace.hosting.models import AuditEntry
from copytrace.hosting.services import queue, rescoring
from copytrace.hosting.services.leaderboard import leaderboard
from copytrace.hosting.services.problems import Problem
from copytrace.hosting.services.rescoring import Change


@pytest.fixture
def board(make_team, make_scored, one, matching):
    make_scored(make_team("ann"), 0.9)
    make_scored(make_team("bea"), 0.8)
    return lambda: [(place.entry.team, place.entry.score) for place in leaderboard(one, matching, "public")]


def _score_again(*scores):
    for score in scores:
        run = queue.claim("worker")
        assert queue.finish(
            run, public_score=score, private_score=score, public_measures={}, private_measures={}
        )


def test_a_rescore_is_shown_before_it_is_applied_and_can_be_reversed(board, one, matching):
    before = [("team ann", 0.9), ("team bea", 0.8)]
    rescore = rescoring.begin(one, "the truth had a mistake")
    with pytest.raises(Problem, match="2 of 2 runs of re-score 1 are not done"):
        rescoring.apply(rescore)
    _score_again(0.3, 0.4)
    assert board() == before
    assert rescoring.preview(rescore, matching, "public") == [
        Change("team bea", 2, 1, 0.8, 0.4),
        Change("team ann", 1, 2, 0.9, 0.3),
    ]
    rescoring.apply(rescore)
    assert board() == [("team bea", 0.4), ("team ann", 0.3)]
    with pytest.raises(Problem, match="already applied"):
        rescoring.apply(rescore)
    rescoring.reverse(rescore)
    assert board() == before
    acts = [entry.act for entry in AuditEntry.objects.filter(act__startswith="re-score")]
    assert acts == ["re-score begun", "re-score applied", "re-score reversed"]


def test_a_rescore_that_is_reversed_early_leaves_the_queue(board, one):
    rescore = rescoring.begin(one, "by mistake")
    with pytest.raises(Problem, match="already in progress"):
        rescoring.begin(one, "another")
    rescoring.reverse(rescore)
    assert queue.claim("worker") is None
    assert rescoring.begin(one, "another").pk != rescore.pk


def test_a_new_score_after_a_rescore_counts(board, one, make_team, make_scored):
    rescore = rescoring.begin(one, "new scorer")
    _score_again(0.3, 0.4)
    rescoring.apply(rescore)
    make_scored(make_team("cleo"), 0.35)
    assert board() == [("team bea", 0.4), ("team cleo", 0.35), ("team ann", 0.3)]


def test_a_phase_without_scores_is_not_scored_again(one):
    with pytest.raises(Problem, match="no scored submission"):
        rescoring.begin(one, "why not")
