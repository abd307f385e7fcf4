from __future__ import annotations

import math
import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.hosting.models import Finalist, ScoringRun
from copytrace.hosting.services.leaderboard import Entry, best_entries, entries, leaderboard, rank
from copytrace.hosting.services.prizes import Award, awards
from copytrace.hosting.services.visibility import scores_visible
from hosting_world import NOW

SCORES = st.one_of(
    st.none(), st.sampled_from([0.0, 0.5, 1.0, math.nan, math.inf, -math.inf]), st.floats(0, 1)
)


@given(st.lists(st.tuples(st.integers(1, 4), SCORES, st.integers(0, 3))))
def test_every_team_with_a_finite_score_has_one_rank_and_nobody_else_has_one(rows):
    entries = [
        Entry(team, f"team {team}", number, score, NOW + timedelta(seconds=second), {})
        for number, (team, score, second) in enumerate(rows)
    ]
    places = rank(entries)
    finite = [entry for entry in entries if entry.score is not None and math.isfinite(entry.score)]
    assert {place.entry.team_id for place in places} == {entry.team_id for entry in finite}
    assert [place.rank for place in places] == list(range(1, len(places) + 1))
    keys = [(-place.entry.score, place.entry.received_at, place.entry.submission_id) for place in places]
    assert keys == sorted(keys)
    for place in places:
        mine = [entry for entry in finite if entry.team_id == place.entry.team_id]
        assert place.entry.score == max(entry.score for entry in mine)
        assert place.submissions == len(mine)


def test_a_tie_is_won_by_the_earlier_submission(make_team, make_scored, one, matching):
    late, early = make_team("late"), make_team("early")
    make_scored(late, 0.7, received_at=NOW + timedelta(seconds=1))
    make_scored(early, 0.7, received_at=NOW)
    make_scored(late, 0.1, received_at=NOW - timedelta(seconds=9))
    assert [place.entry.team for place in leaderboard(one, matching, "public")] == ["team early", "team late"]


def test_a_missing_score_has_no_rank(make_team, make_scored, one, matching):
    make_scored(make_team("none"), None)
    make_scored(make_team("some"), 0.1)
    assert [place.entry.team for place in leaderboard(one, matching, "public")] == ["team some"]


def test_the_database_chooses_the_best_submissions_as_the_rule_does(make_team, make_scored, one, matching):
    draw = random.Random(3)
    teams = [make_team(name) for name in ("ann", "bea", "cleo", "dora")]
    scores = [None, 0.0, 0.5, 0.5, 0.9, math.inf, -math.inf]
    for _ in range(60):
        # Few distinct scores and times, so that both have ties.
        at = NOW + timedelta(seconds=draw.randrange(3))
        row = make_scored(draw.choice(teams[:3]), 0.1, received_at=at)
        ScoringRun.objects.filter(pk=row.current_run_id).update(public_score=draw.choice(scores))
    make_scored(teams[3], None)
    chosen, ruled = (rank(found(one, matching, "public")) for found in (best_entries, entries))
    assert [(place.rank, place.entry.submission_id, place.submissions) for place in chosen] == [
        (place.rank, place.entry.submission_id, place.submissions) for place in ruled
    ]


@pytest.mark.parametrize(
    ("blind", "on_close", "closed", "revealed", "public", "private"),
    [
        (False, True, False, False, True, False),
        (False, True, True, False, True, True),
        (False, False, True, False, True, False),
        (False, False, True, True, True, True),
        (True, True, False, False, False, False),
        (True, True, True, False, True, True),
        (True, False, True, False, False, False),
        (True, False, True, True, True, True),
    ],
)
def test_scores_are_visible_when_they_may_be(blind, on_close, closed, revealed, public, private, one, time):
    one.blind, one.reveal_on_close = blind, on_close
    one.revealed_at = time.time if revealed else None
    now = one.closes_at + timedelta(seconds=one.grace_seconds if closed else -1)
    assert scores_visible(one, "public", now) is public
    assert scores_visible(one, "private", now) is private


@pytest.fixture
def finalists(make_team, make_scored, two, matching, time):
    teams = [make_team(name) for name in ("ann", "bea", "cleo")]
    for team, score in zip(teams, (0.9, 0.8, 0.7), strict=True):
        make_scored(team, score, phase=two)
    two.revealed_at = time.time
    two.save()
    return teams


def test_prizes_are_the_best_teams_once_their_checklists_are_complete(finalists, two, matching):
    Finalist.objects.create(
        team=finalists[0], phase=two, track=matching, licence="MIT", repository="r", report="p", eligible=True
    )
    assert awards(two, matching) == [
        Award(1, "$50", "team ann", 1, ()),
        Award(2, "$30", "team bea", 2, ("licence", "repository", "report", "eligible")),
    ]


def test_a_declined_prize_passes_on_and_the_rank_stays(finalists, two, matching):
    Finalist.objects.create(team=finalists[0], phase=two, track=matching, declined=True)
    found = awards(two, matching)
    assert [(award.team, award.rank) for award in found] == [("team bea", 2), ("team cleo", 3)]
    assert leaderboard(two, matching, "private")[0].entry.team == "team ann"


def test_there_are_no_winners_before_the_scores_are_revealed(finalists, two, matching):
    two.revealed_at = None
    assert awards(two, matching) is None
    assert leaderboard(two, matching, "public") is None
