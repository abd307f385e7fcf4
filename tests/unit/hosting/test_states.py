from __future__ import annotations

import itertools

import pytest

from copytrace.hosting.models import AppendOnlyError, AuditEntry, Submission
from copytrace.hosting.services.problems import IllegalMove
from copytrace.hosting.services.states import COUNTED, MOVES, advance

State = Submission.State

LEGAL = {
    *(("uploading", "received"), ("uploading", "refused")),
    *(("received", "checking"), ("received", "failed")),
    *(("checking", "queued"), ("checking", "refused"), ("checking", "failed"), ("checking", "received")),
    *(("queued", "scoring"), ("queued", "failed")),
    *(("scoring", "scored"), ("scoring", "refused"), ("scoring", "failed"), ("scoring", "queued")),
    ("failed", "received"),
}


def test_every_state_has_its_moves():
    assert set(MOVES) == set(State)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(State, State)))
def test_a_submission_moves_only_as_the_table_says(before, after, ann, make_team, make_scored):
    submission = make_scored(make_team("bea"), 0.5)
    Submission.objects.filter(pk=submission.pk).update(state=before)
    if (before, after) in LEGAL:
        advance(submission, after)
        assert Submission.objects.get(pk=submission.pk).state == after
        entry = AuditEntry.objects.get(act="state")
        assert (entry.details["before"], entry.details["after"]) == (before, after)
    else:
        with pytest.raises(IllegalMove, match=f"is {before.value}; it cannot become {after.value}"):
            advance(submission, after)
        assert Submission.objects.get(pk=submission.pk).state == before
        assert not AuditEntry.objects.filter(act="state").exists()


def test_refused_and_failed_submissions_use_no_attempt():
    assert set(State) - set(COUNTED) == {State.UPLOADING, State.REFUSED, State.FAILED}


def test_the_audit_log_is_append_only(challenge):
    entry = AuditEntry.objects.latest("pk")
    entry.act = "something else"
    with pytest.raises(AppendOnlyError, match="append-only"):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.all().delete()
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.update(act="x")
