"""The organisers' pages: permissions, effects of each action, confirmation, audit log, and undoing."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client

from copytrace.hosting.models import AuditEntry, Rescore, ScoringRun, Team
from copytrace.hosting.services import announcing
from copytrace.hosting.web.pages.organiser.routes import urlpatterns
from hosting_world import NOW

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ADDRESSES = [str(pattern.pattern) for pattern in urlpatterns]
VALUES = {"slug": "small", "phase": "one", "track": "matching", "number": "1", "name": "audit"}
CHALLENGE = "/organise/challenges/small/"


@pytest.fixture
def boss(make_account):
    return make_account("boss", is_staff=True)


@pytest.fixture
def organiser(boss, client):
    """A browser in which an organiser is signed in."""
    client.force_login(boss, backend=BACKEND)
    return client


def text_of(answer):
    """The text of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def confirm(client, address, **sent):
    """Submit a form and confirm it; returns the text of the confirmation."""
    question = client.post(address, sent)
    assert question.status_code == 200, question.content
    assert 'name="confirmed"' in question.content.decode(), text_of(question)
    answer = client.post(address, sent | {"confirmed": "yes"})
    assert answer.status_code == 302, text_of(answer)
    return text_of(question)


def last_act():
    entry = AuditEntry.objects.last()
    return entry.actor.username if entry.actor else None, entry.act


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_organisers_get_in(address, method, ann, boss, make_scored, challenge):
    make_scored(ann.participations.get().team, 0.5)
    url = "/organise/" + re.sub(r"<\w+:(\w+)>", lambda found: VALUES[found[1]], address)
    answers = {}
    for name, account in (("anonymous", None), ("ann", ann), ("boss", boss)):
        client = Client()
        if account:
            client.force_login(account, backend=BACKEND)
        answers[name] = getattr(client, method)(url)
    if answers["boss"].status_code == 405:
        assert {answer.status_code for answer in answers.values()} == {405}
        return
    assert answers["anonymous"].headers["Location"].startswith("/accounts/login/?next=/organise/")
    assert answers["ann"].status_code == 403
    assert answers["boss"].status_code in {200, 302, 404, 409}


def test_every_page_of_an_empty_challenge_is_drawn(organiser, challenge):
    for page in ("", "announcements/", "participants/", "prizes/", "audit/", "phases/one/rescores/"):
        assert organiser.get(f"{CHALLENGE}{page}").status_code == 200
    assert "No name, e-mail address or team" in text_of(organiser.get(f"{CHALLENGE}participants/?q=nobody"))


def test_a_deadline_is_moved_after_a_question_and_can_be_moved_back(organiser, one, ann):
    address = f"{CHALLENGE}phases/one/closing/"
    sent = {"when": "at", "at": "2026-06-01T14:30:00", "reason": "the mirror was away"}
    question = confirm(organiser, address, **sent)
    assert "1 June 2026 at 14:30:00 UTC instead of 1 June 2026 at 13:00:00 UTC" in question
    assert "1 participant will get an e-mail with your reason." in question
    one.refresh_from_db()
    assert f"{one.closes_at:%H:%M}" == "14:30"
    assert last_act() == ("boss", "deadline moved")

    page = organiser.get(CHALLENGE).content.decode()
    (back,) = re.findall(r'href="([^"]+)">Undo<', page)
    assert 'value="2026-06-01T13:00:00"' in organiser.get(html.unescape(back)).content.decode()


def test_a_phase_is_opened_now(organiser, two):
    confirm(organiser, f"{CHALLENGE}phases/two/opening/", when="now", at="2026-06-01T13:00", reason="ready")
    two.refresh_from_db()
    assert two.opens_at == NOW
    assert last_act() == ("boss", "opening moved")


def test_an_impossible_time_is_refused_where_it_is_typed(organiser, one):
    address = f"{CHALLENGE}phases/one/closing/"
    assert "This field is required" in text_of(organiser.post(address, {"when": "at", "reason": "r"}))
    wrong = {"when": "at", "at": "2020-01-01T00:00:00", "reason": "r", "confirmed": "yes"}
    answer = organiser.post(address, wrong)
    assert answer.status_code == 200
    assert "must be after the phase opens" in text_of(answer)
    one.refresh_from_db()
    assert one.closes_at == NOW + timedelta(hours=1)


def test_scores_are_revealed_only_when_the_phases_name_is_typed(organiser, two, time):
    address = f"{CHALLENGE}phases/two/reveal/"
    time.time = two.closes_at
    assert "Reveal scores" in text_of(organiser.get(CHALLENGE))
    assert "expected Phase 2" in text_of(organiser.post(address, {"typed": "yes"}))
    assert organiser.post(address, {"typed": "Phase 2"}).status_code == 302
    two.refresh_from_db()
    assert two.revealed_at == time.time
    assert last_act() == ("boss", "reveal")
    assert "Already revealed" in text_of(organiser.get(address))


def test_an_open_phase_is_not_revealed(organiser, two):
    answer = organiser.post(f"{CHALLENGE}phases/two/reveal/", {"typed": "Phase 2"})
    assert "is open until" in text_of(answer)


def test_an_announcement_is_made_and_withdrawn(organiser, challenge, ann):
    confirm(organiser, f"{CHALLENGE}announcements/", title="Truth fixed", text="**Two** pairs.", mail="on")
    assert last_act() == ("boss", "announced")
    assert "<strong>Two</strong>" in organiser.get(f"{CHALLENGE}announcements/").content.decode()
    row = announcing.shown(challenge).get()
    address = f"/organise/announcements/{row.pk}/withdraw/"
    assert organiser.post(address, {"reason": "a mistake"}).status_code == 302
    assert last_act() == ("boss", "announcement withdrawn")
    assert "was withdrawn" in text_of(organiser.post(address, {"reason": "again"}))


def test_a_team_is_disqualified_and_reinstated(organiser, make_team):
    team = make_team("ann")
    page = f"/organise/teams/{team.pk}/"
    question = confirm(organiser, f"{page}standing/", reason="two accounts")
    assert "It loses its ranks" in question
    assert "two accounts" in text_of(organiser.get(page))
    assert last_act() == ("boss", "disqualified")
    confirm(organiser, f"{page}standing/", reason="they were twins")
    assert last_act() == ("boss", "reinstated")
    team.refresh_from_db()
    assert team.disqualified_at is None
    assert "This field is required" in text_of(organiser.post(f"{page}standing/", {"reason": ""}))


def test_a_single_submission_is_disqualified_and_reinstated(organiser, make_team, make_scored):
    team = make_team("ann")
    row = make_scored(team, 0.9)
    page = f"/organise/teams/{team.pk}/"
    sent = {"single-number": str(row.pk), "single-reason": "made with the answers"}
    question = confirm(organiser, f"{page}submission/", **sent)
    assert "The team's next best submission counts instead" in question
    assert last_act() == ("boss", "submission disqualified")
    assert "made with the answers" in text_of(organiser.get(page))
    log = organiser.get("/organise/challenges/small/audit/").content.decode()
    assert f"{page}?submission={row.pk}" in log
    assert f'value="{row.pk}" selected' in organiser.get(f"{page}?submission={row.pk}").content.decode()
    confirm(organiser, f"{page}submission/", **sent)
    assert last_act() == ("boss", "submission reinstated")
    wrong = organiser.post(f"{page}submission/", sent | {"single-number": "99999"})
    assert "is not one of the available choices" in text_of(wrong)


def test_submissions_to_choose_from_are_grouped_by_track_and_phase(organiser, make_team, make_scored):
    team = make_team("ann")
    row = make_scored(team, 0.9, filename="matches.csv")
    page = organiser.get(f"/organise/teams/{team.pk}/").content.decode()
    assert '<optgroup label="Matching, Phase 1">' in page
    assert f">{row.pk}: matches.csv</option>" in page


def test_organisers_grant_attempts(organiser, make_team):
    team = make_team("ann")
    sent = {"attempts-phase": "two", "attempts-extra": "2", "attempts-reason": "the mirror was away"}
    assert organiser.post(f"/organise/teams/{team.pk}/attempts/", sent).status_code == 302
    assert "2 extra attempts granted in Phase 2" in text_of(organiser.get(f"/organise/teams/{team.pk}/"))
    assert last_act() == ("boss", "attempts granted")


def test_a_re_score_shows_the_ranks_that_would_change_and_is_applied_and_reversed(
    organiser, make_team, make_scored
):
    make_scored(make_team("ann"), 0.9)
    low = make_scored(make_team("bob"), 0.5)
    answer = organiser.post(f"{CHALLENGE}phases/one/rescores/", {"reason": "two pairs were wrong"})
    row = Rescore.objects.get()
    address = f"/organise/rescores/{row.pk}/"
    assert answer.headers["Location"] == address
    assert "0 of 2 done" in text_of(organiser.get(address))
    for run in row.runs.all():
        score = 0.95 if run.submission_id == low.pk else 0.9
        ScoringRun.objects.filter(pk=run.pk).update(
            state="done", public_score=score, private_score=score, public_measures={"micro_ap": score}
        )
    page = text_of(organiser.get(address))
    assert "2 teams would change rank" in page
    assert "team bob 2 1 0.50000 0.95000" in page
    assert "Scores that are not revealed yet are hidden here too" in page
    confirm(organiser, address, act="apply")
    assert last_act() == ("boss", "re-score applied")
    assert "Apply" not in text_of(organiser.get(address))
    confirm(organiser, address, act="reverse")
    assert last_act() == ("boss", "re-score reversed")
    assert "Reversed" in text_of(organiser.get(f"{CHALLENGE}phases/one/rescores/"))
    answer = organiser.post(address, {"act": "apply", "confirmed": "yes"})
    assert answer.status_code == 409
    assert "was already reversed" in text_of(answer)


def test_a_re_score_of_nothing_is_refused_where_it_is_asked(organiser, challenge):
    answer = organiser.post(f"{CHALLENGE}phases/one/rescores/", {"reason": "r"})
    assert "has no scored submission" in text_of(answer)
    assert not Rescore.objects.exists()


def test_the_checklist_of_a_finalist_is_kept_and_prizes_pass_on(organiser, make_team, make_scored, two, time):
    teams = [make_team(name) for name in ("ann", "bob", "cid")]
    for team, score in zip(teams, (0.9, 0.8, 0.7), strict=True):
        make_scored(team, score, phase=two)
    assert "Finalists appear once the scores" in text_of(organiser.get(f"{CHALLENGE}prizes/"))
    time.time = two.closes_at
    organiser.post(f"{CHALLENGE}phases/two/reveal/", {"typed": "Phase 2"})
    page = text_of(organiser.get(f"{CHALLENGE}prizes/"))
    assert "1 team ann $50 licence, repository, report, eligible" in page
    address = f"/organise/teams/{teams[0].pk}/prizes/two/matching/"
    assert organiser.post(address, {"declined": "on"}).status_code == 302
    assert last_act() == ("boss", "finalist")
    shown = {"licence": "MIT", "repository": "https://a", "report": "https://b", "eligible": "on"}
    organiser.post(f"/organise/teams/{teams[1].pk}/prizes/two/matching/", shown)
    page = text_of(organiser.get(f"{CHALLENGE}prizes/"))
    assert "1 team ann Declined" in page
    assert "2 team bob $50 Complete" in page
    assert "3 team cid $30 licence" in page
    assert (
        'value="MIT"' in organiser.get(f"/organise/teams/{teams[1].pk}/prizes/two/matching/").content.decode()
    )


def test_what_failed_through_the_host_is_queued_again(organiser, make_team, make_scored):
    row = make_scored(make_team("ann"), None)
    type(row).objects.filter(pk=row.pk).update(state="failed")
    page = organiser.get("/organise/").content.decode()
    assert f'action="/organise/submissions/{row.pk}/requeue/"' in page
    assert organiser.post(f"/organise/submissions/{row.pk}/requeue/").status_code == 302
    row.refresh_from_db()
    assert row.state == "received"
    assert organiser.post(f"/organise/submissions/{row.pk}/requeue/").status_code == 409


def test_a_queue_without_a_worker_is_reported(organiser, make_team, make_scored, time):
    ScoringRun.objects.create(submission=make_scored(make_team("ann"), 0.5), queued_at=time.time)
    time.time += timedelta(minutes=5)
    page = text_of(organiser.get("/organise/"))
    assert "no worker is processing them" in page
    assert "the oldest arrived 5 min ago" in page


def test_the_first_page_shows_what_the_sites_checks_find(organiser, settings, challenge):
    settings.ALLOWED_HOSTS = ["*"]
    page = organiser.get("/organise/").content.decode()
    assert '<p class="note error">settings: COPYTRACE_HOST_NAMES is *' in page


def test_participants_are_searched_paged_and_exported(organiser, make_team, challenge):
    for number in range(51):
        make_team(f"p{number:02d}")
    page = organiser.get(f"{CHALLENGE}participants/?q=p")
    assert "Page 1 of 2" in text_of(page)
    assert 'href="?q=p&amp;page=2"' in page.content.decode()
    assert "1 participant matching “p07”" in text_of(organiser.get(f"{CHALLENGE}participants/?q=p07"))
    export = organiser.get(f"{CHALLENGE}exports/participants.csv")
    assert export.headers["Content-Disposition"] == 'attachment; filename="small-participants.csv"'
    assert len(b"".join(export).splitlines()) == 52
    assert last_act() == ("boss", "exported")


def test_the_audit_log_is_filtered(organiser, ann, make_team):
    confirm(organiser, f"{CHALLENGE}phases/one/closing/", when="now", at="2026-06-01T13:00", reason="r")
    assert "team founded" in text_of(organiser.get(f"{CHALLENGE}audit/"))
    page = text_of(organiser.get(f"{CHALLENGE}audit/?who=organisers&act=deadline+moved"))
    assert "boss deadline moved small/one" in page
    assert "Undo" in page
    assert "ann team founded" not in page
    assert Team.objects.count() == 1
