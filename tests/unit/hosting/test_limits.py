from __future__ import annotations

from datetime import timedelta

import pytest

from copytrace.hosting.models import Allowance
from copytrace.hosting.services import limits
from copytrace.hosting.services.problems import TooMany


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
    with pytest.raises(TooMany, match="The next is possible at 13:00 UTC"):
        limits.require_few_refusals(team, time.time)
    limits.require_few_refusals(team, time.time + timedelta(hours=1))
