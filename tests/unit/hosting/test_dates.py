from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from copytrace.hosting.models import AuditEntry, Mail
from copytrace.hosting.services import organising
from copytrace.hosting.services.problems import Problem, Unusable

HOUR = timedelta(hours=1)


def test_a_deadline_is_moved_and_every_participant_is_told_why(ann, one):
    before = one.closes_at
    organising.move_deadline(one, before + HOUR, "the mirror was away", ann)
    one.refresh_from_db()
    assert one.closes_at == before + HOUR
    mail = Mail.objects.get()
    assert mail.body == (
        "Phase 1 of Small challenge now closes on 01 June 2026 at 14:00:00 UTC.\n\n"
        "Reason: the mirror was away\n"
    )
    entry = AuditEntry.objects.last()
    assert (entry.act, entry.actor, entry.details["before"], entry.details["reason"]) == (
        "deadline moved", ann, str(before), "the mirror was away",
    )  # fmt: skip


def test_a_phase_is_opened_at_another_time(ann, two, time):
    organising.move_opening(two, time.time, "all is ready", ann)
    two.refresh_from_db()
    assert two.opens_at == time.time
    assert Mail.objects.get().subject == "Small challenge: Phase 2 has a new opening time"
    assert AuditEntry.objects.last().act == "opening moved"


def test_a_phase_opens_before_it_closes(two):
    with pytest.raises(Unusable, match="closes on 2026-06-01 15:00:00"):
        organising.move_opening(two, two.closes_at, "r")
    with pytest.raises(Unusable, match="no time zone"):
        organising.move_opening(two, datetime(2026, 6, 1), "r")  # noqa: DTZ001 - that is what is refused


def test_a_phase_that_has_submissions_does_not_open_later(one, make_team, make_scored):
    make_scored(make_team("ann"), 0.5)
    with pytest.raises(Problem, match="already has submissions"):
        organising.move_opening(one, one.opens_at + HOUR, "r")
    organising.move_opening(one, one.opens_at - HOUR, "r")
