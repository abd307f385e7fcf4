from __future__ import annotations

import csv

import pytest

from copytrace.hosting.models import AuditEntry
from copytrace.hosting.services import exports, participation
from copytrace.hosting.services.problems import NotFound


def _read(challenge, name, actor=None):
    return list(csv.DictReader(exports.export(challenge, name, actor)))


def test_participants_are_exported_and_the_export_is_noted(challenge, ann, make_account):
    boss = make_account("boss", is_staff=True)
    (row,) = _read(challenge, "participants", boss)
    assert (row["username"], row["email"], row["country"], row["team"], row["leads"]) == (
        "ann", "ann@example.org", "DE", "team ann", "True",
    )  # fmt: skip
    entry = AuditEntry.objects.last()
    assert (entry.act, entry.subject, entry.actor) == ("exported", "participants", boss)


def test_submissions_are_exported_with_the_scores_that_may_be_seen(
    challenge, make_team, make_scored, one, two
):
    team = make_team("ann")
    make_scored(team, 0.25, 0.75)
    make_scored(team, 0.25, 0.75, phase=two)
    rows = [(row["phase"], row["public"], row["private"]) for row in _read(challenge, "submissions")]
    assert rows == [("one", "0.25", ""), ("two", "", "")]


def test_the_audit_log_is_exported(challenge, ann):
    assert [row["act"] for row in _read(challenge, "audit")] == ["load", "join", "team founded", "exported"]


def test_no_cell_is_a_formula(challenge, make_account):
    account = make_account("eve")
    participation.join(challenge, account, country="DE", of_age=True, rules_version="1")
    participation.found_team(challenge, account, '=HYPERLINK("x")')
    assert _read(challenge, "participants")[0]["team"] == '\'=HYPERLINK("x")'


def test_an_unknown_table_is_reported(challenge):
    with pytest.raises(NotFound, match="participants, submissions, audit"):
        exports.export(challenge, "secrets", None)
