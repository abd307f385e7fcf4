"""The plain admin pages: organisers' actions take effect, and refusals are explained."""

from __future__ import annotations

import pytest
from django.test import Client

from copytrace.hosting.models import AuditEntry, Rescore, ScoringRun, Submission
from copytrace.hosting.services import queue
from copytrace.hosting.services.leaderboard import leaderboard

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def act(make_account):
    """Run an action on rows; returns the page's message."""
    client = Client()
    boss = make_account("boss", is_staff=True, is_superuser=True)
    client.force_login(boss, backend=BACKEND)

    def do(model: str, action: str, *rows) -> str:
        chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
        answer = client.post(f"/admin/hosting/{model}/", chosen, follow=True)
        assert answer.status_code == 200
        return " ".join(str(message) for message in answer.context["messages"])

    return do


def test_a_phase_is_scored_again_applied_and_reversed(act, one, matching, make_team, make_scored):
    make_scored(make_team("ann"), 0.9)
    assert act("phase", "score_again", one) == f"Started re-score {Rescore.objects.get().pk} of small/one."
    rescore = Rescore.objects.get()
    assert rescore.begun_by.username == "boss"
    assert "1 of 1 runs" in act("rescore", "apply", rescore)
    queue.finish(
        queue.claim("w"), public_score=0.4, private_score=0.4, public_measures={}, private_measures={}
    )
    assert act("rescore", "apply", rescore) == f"Re-score {rescore.pk} is applied."
    assert leaderboard(one, matching, "public")[0].entry.score == 0.4
    assert act("rescore", "reverse", rescore) == f"Re-score {rescore.pk} is reversed."
    assert leaderboard(one, matching, "public")[0].entry.score == 0.9
    acts = AuditEntry.objects.filter(act__startswith="re-score").values_list("act", "actor__username")
    assert list(acts) == [
        ("re-score begun", "boss"),
        ("re-score applied", "boss"),
        ("re-score reversed", "boss"),
    ]


def test_a_phase_without_scores_is_not_scored_again(act, one):
    assert act("phase", "score_again", one) == "Phase 1 has no scored submissions."


def test_what_failed_through_the_platform_is_queued_again(act, make_team, make_scored):
    failed, scored = (make_scored(make_team(name), 0.5) for name in ("ann", "bea"))
    Submission.objects.filter(pk=failed.pk).update(state="failed")
    said = act("submission", "queue_again", failed, scored)
    assert f"Submission {failed.pk} is back in the queue." in said
    assert f"Submission {scored.pk} is scored; it cannot become received." in said
    assert Submission.objects.get(pk=failed.pk).state == "received"
    assert ScoringRun.objects.filter(submission=failed, state="waiting").count() == 1
    assert AuditEntry.objects.get(act="state").actor.username == "boss"


def test_what_is_changed_of_an_account_is_in_the_audit_log(make_account):
    boss, bea = make_account("boss", is_staff=True, is_superuser=True), make_account("bea")
    client = Client()
    client.force_login(boss, backend=BACKEND)
    page = f"/admin/hosting/account/{bea.pk}/"
    values = {"username": "bea", "email": bea.email, "date_joined_0": "2026-06-01", "date_joined_1": "12:00"}
    answer = client.post(f"{page}change/", values | {"is_active": "on", "is_staff": "on"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert client.post(f"{page}delete/", {"post": "yes"}).status_code == 302
    changed, deleted = AuditEntry.objects.filter(act="admin")
    assert (changed.actor, changed.subject) == (boss, "account bea")
    assert "Staff status" in changed.details["change"]
    assert (deleted.subject, deleted.details) == ("account bea", {"change": "deleted"})


@pytest.mark.parametrize("model", ["phase", "submission", "scoringrun", "auditentry"])
def test_rows_of_the_services_are_only_looked_at(model, make_account, make_team, make_scored, one):
    scored = make_scored(make_team("ann"), 0.5)
    client = Client()
    client.force_login(make_account("boss", is_staff=True, is_superuser=True), backend=BACKEND)
    assert client.get(f"/admin/hosting/{model}/add/").status_code == 403
    assert client.post(f"/admin/hosting/{model}/{scored.pk}/delete/", {"post": "yes"}).status_code in {
        302,
        403,
    }
    assert Submission.objects.filter(pk=scored.pk).exists()


def test_a_participant_sees_no_admin_page(ann):
    client = Client()
    client.force_login(ann, backend=BACKEND)
    answer = client.get("/admin/hosting/submission/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")
