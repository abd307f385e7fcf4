from __future__ import annotations

from datetime import timedelta

import pytest

from copytrace.hosting.models import Allowance, AuditEntry
from copytrace.hosting.services import limits, participation
from copytrace.hosting.services.problems import NotAllowed, Problem, TooMany, Unusable


def _require(team, phase, track, time):
    limits.require_attempt(team, phase, track, time.time)


def test_no_limit_leaves_any_number_of_attempts(make_team, one, matching, time):
    assert limits.attempts(make_team("bea"), one, matching, time.time).left is None


def test_the_total_is_counted_per_track(make_team, one, matching, descriptor, time, make_scored):
    team = make_team("bea")
    one.limit_total = 2
    for _ in range(2):
        make_scored(team, 0.5)
    with pytest.raises(TooMany, match="Team team bea has used 2 of its 2 submissions in Phase 1, Matching"):
        _require(team, one, matching, time)
    _require(team, one, descriptor, time)


def test_a_day_begins_at_midnight_utc(make_team, one, matching, time, make_scored):
    team = make_team("bea")
    one.limit_per_day = 1
    time.time = time.time.replace(hour=23, minute=59)
    make_scored(team, 0.5)
    with pytest.raises(TooMany, match="after midnight UTC"):
        _require(team, one, matching, time)
    time.time += timedelta(minutes=1)
    _require(team, one, matching, time)


@pytest.mark.parametrize("state", ["refused", "failed", "uploading"])
def test_what_does_not_count_leaves_the_attempt(state, make_team, one, matching, time, make_scored):
    team = make_team("bea")
    one.limit_total = 1
    submission = make_scored(team, 0.5)
    submission.state = state
    submission.save()
    _require(team, one, matching, time)


def test_organisers_can_grant_more(make_team, one, matching, time, make_scored):
    team = make_team("bea")
    one.limit_total = 1
    make_scored(team, 0.5)
    Allowance.objects.create(team=team, phase=one, extra=1)
    assert limits.attempts(team, one, matching, time.time).left == 1


def test_refusals_are_slowed_down(make_team, one, matching, time, make_scored, settings):
    settings.REFUSALS_PER_HOUR = 2
    team = make_team("bea")
    for _ in range(2):
        submission = make_scored(team, 0.5)
        submission.state = "refused"
        submission.save()
    with pytest.raises(TooMany, match="Try again at 13:00 UTC"):
        limits.require_few_refusals(team, time.time)
    limits.require_few_refusals(team, time.time + timedelta(hours=1))


def test_files_that_may_yet_be_refused_count_as_refused(
    make_team, one, matching, time, make_scored, settings
):
    settings.REFUSALS_PER_HOUR = 3
    team = make_team("bea")
    for state in ("refused", "uploading", "checking"):
        submission = make_scored(team, 0.5)
        submission.state = state
        submission.save()
    with pytest.raises(TooMany, match="2 files from team team bea are still being uploaded or checked"):
        limits.require_few_refusals(team, time.time)
    submission.state = "scored"
    submission.save()
    limits.require_few_refusals(team, time.time)


def test_refusals_follow_a_member_who_creates_another_team(make_team, challenge, make_scored, time, settings):
    settings.REFUSALS_PER_HOUR = 1
    team = make_team("bea")
    submission = make_scored(team, 0.5)
    submission.state = "refused"
    submission.save()
    bea = submission.account
    participation.leave(team, bea, "bea")
    again = participation.found_team(challenge, bea, "again")
    with pytest.raises(TooMany, match="refused within an hour"):
        limits.require_few_refusals(again, time.time)


def test_members_who_have_submitted_cannot_leave_their_team(make_team, make_scored):
    team = make_team("bea")
    bea = make_scored(team, 0.5).account
    with pytest.raises(Problem, match="Only the organisers can move members"):
        participation.leave(team, bea, "bea")


@pytest.fixture
def pair(challenge, make_team, make_account):
    """A team of two."""
    team, bob = make_team("bea"), make_account("bob")
    participation.join(challenge, bob, country="DE", of_age=True, rules_version="1")
    participation.accept_link(challenge, bob, participation.make_link(team, team.members.get().account))
    return team, bob


def test_attempts_follow_every_member_whom_the_organisers_move(
    pair, challenge, make_team, one, matching, time, make_scored
):
    (team, bob), other = pair, make_team("cid")
    bea = team.members.get(leads=True).account
    one.limit_total = 3
    for _ in range(2):
        make_scored(team, 0.5, account=bea)
    make_scored(other, 0.5, received_at=time.time)
    time.time += timedelta(hours=1)
    participation.change_team(challenge, bob, other, "asked")
    # Two of his attempts were for his first team, none for the second, which has itself used one.
    assert limits.attempts(other, one, matching, time.time).used == 2
    make_scored(other, 0.5, account=bob, received_at=time.time)
    with pytest.raises(TooMany, match="has used 3 of its 3"):
        _require(other, one, matching, time)
    # Later submissions of his first team do not count as his.
    make_scored(team, 0.5, account=bea, received_at=time.time + timedelta(hours=1))
    assert limits.attempts(other, one, matching, time.time).used == 3
    time.time += timedelta(hours=2)
    third = make_team("dan")
    participation.change_team(challenge, bob, third, "asked again")
    assert limits.attempts(third, one, matching, time.time).used == 3


def test_a_change_of_teams_is_logged_under_its_organiser(pair, challenge, make_team, make_account):
    (_, bob), boss = pair, make_account("boss", is_staff=True)
    participation.change_team(challenge, bob, make_team("cid"), "asked", boss)
    acts = AuditEntry.objects.order_by("-pk")[:2]
    assert [(entry.act, entry.actor) for entry in acts] == [("member", boss), ("member moved", boss)]


def test_two_changes_of_teams_at_once_move_nobody_twice(pair, challenge, make_team, monkeypatch):
    (_, bob), cid, dan = pair, make_team("cid"), make_team("dan")
    locked = participation._locked

    def locked_later(*teams):
        monkeypatch.setattr(participation, "_locked", locked)
        participation.change_team(challenge, bob, cid, "asked")
        return locked(*teams)

    monkeypatch.setattr(participation, "_locked", locked_later)
    with pytest.raises(Problem, match="has just changed teams"):
        participation.change_team(challenge, bob, dan, "asked")


def test_an_impossible_change_of_teams_is_refused(pair, challenge):
    team, bob = pair
    bea = team.members.get(leads=True).account
    with pytest.raises(Unusable, match="Enter a reason"):
        participation.change_team(challenge, bob, None, " ")
    with pytest.raises(Problem, match="is already in team team bea"):
        participation.change_team(challenge, bob, team, "asked")
    with pytest.raises(Problem, match="is the only leader"):
        participation.change_team(challenge, bea, None, "asked")
    participation.change_team(challenge, bob, None, "asked")
    with pytest.raises(NotAllowed, match="no team yet"):
        participation.change_team(challenge, bob, None, "asked")
