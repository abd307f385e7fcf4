"""Every route for every kind of user: permissions, secrecy, and responses."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from copytrace.hosting.models import Account, Mail, Submission, Team, Upload
from copytrace.hosting.services import clock, notices, organising, rescoring, tokens
from copytrace.hosting.web.api import api
from copytrace.hosting.web.api.auth import throttles
from hosting_pages import page_addresses

# The least privileged user of a route: anyone, an account, a member of the owning team, an organiser.
PERMISSIONS = {
    ("POST", "/api/v1/accounts"): "anyone",
    ("POST", "/api/v1/tokens"): "anyone",
    ("GET", "/api/v1/tokens"): "account",
    ("DELETE", "/api/v1/tokens/{token_id}"): "owner",
    ("GET", "/api/v1/me"): "account",
    ("GET", "/api/v1/challenges"): "anyone",
    ("GET", "/api/v1/challenges/{slug}"): "anyone",
    ("POST", "/api/v1/challenges/{slug}/participation"): "account",
    ("GET", "/api/v1/challenges/{slug}/participation"): "member",
    ("GET", "/api/v1/challenges/{slug}/data"): "member",
    ("GET", "/api/v1/challenges/{slug}/phases/{phase}/{images}"): "member",
    ("POST", "/api/v1/challenges/{slug}/team"): "member",
    ("GET", "/api/v1/challenges/{slug}/team"): "member",
    ("POST", "/api/v1/challenges/{slug}/team/invitations"): "member",
    ("POST", "/api/v1/challenges/{slug}/team/acceptance"): "member",
    ("DELETE", "/api/v1/challenges/{slug}/team/members/{username}"): "member",
    ("POST", "/api/v1/challenges/{slug}/nominations"): "member",
    ("GET", "/api/v1/challenges/{slug}/nominations"): "member",
    ("POST", "/api/v1/challenges/{slug}/submissions"): "member",
    ("GET", "/api/v1/challenges/{slug}/submissions"): "member",
    ("GET", "/api/v1/submissions/{submission_id}"): "owner",
    ("GET", "/api/v1/submissions/{submission_id}/log"): "owner",
    ("GET", "/api/v1/challenges/{slug}/tracks/{track}/phases/{phase}/leaderboard"): "anyone",
    ("GET", "/api/v1/challenges/{slug}/tracks/{track}/phases/{phase}/prizes"): "anyone",
    ("POST", "/api/v1/organise/challenges/{slug}/phases/{phase}/reveal"): "organiser",
    ("POST", "/api/v1/organise/challenges/{slug}/phases/{phase}/deadline"): "organiser",
    ("POST", "/api/v1/organise/challenges/{slug}/phases/{phase}/opening"): "organiser",
    ("POST", "/api/v1/organise/challenges/{slug}/phases/{phase}/allowances"): "organiser",
    ("POST", "/api/v1/organise/challenges/{slug}/phases/{phase}/rescores"): "organiser",
    ("GET", "/api/v1/organise/rescores/{rescore_id}"): "organiser",
    ("GET", "/api/v1/organise/rescores/{rescore_id}/preview"): "organiser",
    ("POST", "/api/v1/organise/rescores/{rescore_id}/apply"): "organiser",
    ("POST", "/api/v1/organise/rescores/{rescore_id}/reverse"): "organiser",
    ("POST", "/api/v1/organise/submissions/{submission_id}/requeue"): "organiser",
    ("PUT", "/api/v1/organise/challenges/{slug}/tracks/{track}/phases/{phase}/finalists"): "organiser",
    ("GET", "/api/v1/organise/challenges/{slug}/audit"): "organiser",
    ("GET", "/api/v1/challenges/{slug}/announcements"): "anyone",
    ("POST", "/api/v1/organise/challenges/{slug}/announcements"): "organiser",
    ("POST", "/api/v1/organise/announcements/{announcement_id}/withdraw"): "organiser",
    ("GET", "/api/v1/organise/dashboard"): "organiser",
    ("GET", "/api/v1/organise/challenges/{slug}/participants"): "organiser",
    ("POST", "/api/v1/organise/challenges/{slug}/disqualifications"): "organiser",
    ("POST", "/api/v1/organise/challenges/{slug}/reinstatements"): "organiser",
    ("GET", "/api/v1/organise/challenges/{slug}/exports/{name}.csv"): "organiser",
    ("GET", "/api/v1/organise/challenges/{slug}/nominations"): "organiser",
    ("GET", "/api/v1/organise/nominations/{nomination_id}/archive"): "organiser",
    ("POST", "/api/v1/work/claims"): "organiser",
    ("POST", "/api/v1/work/runs/{run_id}/heartbeats"): "organiser",
    ("POST", "/api/v1/work/runs/{run_id}/outcome"): "organiser",
    ("POST", "/api/v1/work/runs/{run_id}/return"): "organiser",
    ("GET", "/api/v1/work/runs/{run_id}/files"): "organiser",
}
# Addresses besides the API's operations. Those of admin/ and accounts/ belong to Django and allauth.
PAGES = {
    "/": "anyone",
    "/challenges/{slug}/": "anyone",
    "/challenges/{slug}/rules/": "anyone",
    "/challenges/{slug}/data/": "anyone",
    "/challenges/{slug}/data/{dataset}/SHA256SUMS": "member",
    "/challenges/{slug}/join/": "account",
    "/challenges/{slug}/team/": "account",
    "/challenges/{slug}/team/link/": "member",
    "/challenges/{slug}/team/accept/": "account",
    "/challenges/{slug}/team/leave/": "member",
    "/challenges/{slug}/invitation/{secret}/": "account",
    "/challenges/{slug}/submit/": "member",
    "/challenges/{slug}/submit/{track}/{phase}/": "member",
    "/challenges/{slug}/submissions/": "anyone",
    "/challenges/{slug}/submissions/{submission_id}/": "owner",
    "/challenges/{slug}/submissions/{submission_id}/live/": "owner",
    "/challenges/{slug}/submissions/{submission_id}/nominate/": "owner",
    "/challenges/{slug}/leaderboard/": "anyone",
    "/challenges/{slug}/leaderboard/{track}/{phase}/": "anyone",
    "/challenges/{slug}/leaderboard/{track}/{phase}/places.{form}": "anyone",
    "/challenges/{slug}/prizes/": "anyone",
    "/challenges/{slug}/faq/": "anyone",
    "/organise/": "organiser",
    "/organise/submissions/{number}/requeue/": "organiser",
    "/organise/challenges/{slug}/": "organiser",
    "/organise/challenges/{slug}/phases/{phase}/closing/": "organiser",
    "/organise/challenges/{slug}/phases/{phase}/opening/": "organiser",
    "/organise/challenges/{slug}/phases/{phase}/reveal/": "organiser",
    "/organise/challenges/{slug}/phases/{phase}/rescores/": "organiser",
    "/organise/rescores/{number}/": "organiser",
    "/organise/challenges/{slug}/announcements/": "organiser",
    "/organise/announcements/{number}/withdraw/": "organiser",
    "/organise/challenges/{slug}/participants/": "organiser",
    "/organise/teams/{number}/": "organiser",
    "/organise/teams/{number}/standing/": "organiser",
    "/organise/teams/{number}/attempts/": "organiser",
    "/organise/teams/{number}/submission/": "organiser",
    "/organise/teams/{number}/prizes/{phase}/{track}/": "organiser",
    "/organise/challenges/{slug}/prizes/": "organiser",
    "/organise/challenges/{slug}/audit/": "organiser",
    "/organise/challenges/{slug}/exports/{name}.csv": "organiser",
    "/api/v1/uploads": "account",
    "/api/v1/uploads/{upload_id}": "owner",
    "/api/v1/uploads/{upload_id}/parts": "owner",
    "/api/v1/openapi.json": "anyone",
    "/api/v1/docs": "anyone",
    "/api/v1/": "anyone",
}
ROLES = ("anonymous", "stranger", "member", "organiser")
ALLOWED = {
    "anyone": set(ROLES),
    "account": {"stranger", "member", "organiser"},
    "member": {"member"},
    "owner": {"member"},
    "organiser": {"organiser"},
}
BODIES = {
    "accounts": {"username": "new", "email": "new@example.org", "password": "a long password 7"},
    "tokens": {"username": "ann", "password": "a long password 7"},
    "participation": {"country": "DE", "of_age": True, "rules_version": "1"},
    "team": {"name": "another"},
    "invitations": {"username": "ann"},
    "acceptance": {"name": "team ann"},
    "nominations": {"submission": 1, "label": "a", "code_sha256": "c" * 64, "weights_sha256": "d" * 64},
    "submissions": {"upload": "0" * 32, "track": "matching", "phase": "one"},
    "deadline": {"closes_at": "2026-06-01T14:00:00Z", "reason": "r"},
    "allowances": {"team": "team ann", "extra": 1, "reason": "r"},
    "opening": {"opens_at": "2026-06-01T10:00:00Z", "reason": "r"},
    "announcements": {"title": "t", "text": "x"},
    "withdraw": {"reason": "r"},
    "disqualifications": {"team": "team ann", "reason": "r"},
    "reinstatements": {"team": "team ann", "reason": "r"},
    "rescores": {"reason": "r"},
    "finalists": {"team": "team ann"},
}


def _operations():
    return [
        (method.upper(), path)
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    ]


def _addresses(patterns, start="/"):
    for pattern in patterns:
        address = start + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address)
        else:
            yield from _addresses(pattern.url_patterns, address)


def test_every_route_has_an_entry_in_the_permission_table():
    assert set(_operations()) == set(PERMISSIONS)
    addresses = set(_addresses(get_resolver().url_patterns))
    ours = {address for address in addresses if not address.startswith(("/admin/", "/accounts/"))}
    assert ours == {path for _, path in PERMISSIONS} | set(PAGES)


@pytest.fixture
def tokens_of(ann, make_account):
    accounts = {
        "stranger": make_account("stranger"),
        "member": ann,
        "organiser": make_account("boss", is_staff=True, is_superuser=True),
    }
    scopes = {"organiser": ["read", "submit", "organise", "work"]}
    return {
        role: tokens.issue(account, name="t", scopes=scopes.get(role, ["read", "submit"]), days=1)[1]
        for role, account in accounts.items()
    }


@pytest.fixture
def world(ann, make_scored, one, tokens_of):
    """A scored submission of the member's team."""
    return make_scored(ann.participations.get().team, 0.5)


NAMES = {
    "slug": "small",
    "phase": "one",
    "track": "matching",
    "images": "queries",
    "username": "nobody",
    "submission_id": "1",
    "rescore_id": "1",
    "nomination_id": "1",
    "announcement_id": "1",
    "name": "submissions",
    "token_id": "999",
    "run_id": "1",
}


def _ask(method, path, token="", body=None, **names):
    url = re.sub(r"\{(\w+)\}", lambda found: (NAMES | names)[found[1]], path)
    if body is None:
        body = BODIES.get(path.partition("?")[0].rsplit("/", 1)[-1], {})
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = json.dumps(body) if method in {"POST", "PUT"} else ""
    answer = Client().generic(method, url, content, content_type="application/json", headers=headers)
    answer.said = b"".join(answer) if answer.streaming else answer.content
    answer.close()
    return answer


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("operation", "who"), PERMISSIONS.items(), ids=str)
def test_a_route_serves_only_permitted_users(operation, who, role, world, tokens_of):
    method, path = operation
    answer = _ask(method, path, tokens_of.get(role, ""))
    assert answer.status_code < 500
    if role in ALLOWED[who]:
        assert answer.status_code not in {401, 403}, answer.content
    elif role == "anonymous":
        assert answer.status_code == 401
    else:
        # Other teams' objects look as if they did not exist.
        assert answer.status_code in {403, 404}, answer.content
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["status"] == answer.status_code


@pytest.mark.parametrize("role", ["anonymous", "stranger"])
@pytest.mark.parametrize(
    ("method", "place"), [("HEAD", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/parts")]
)
def test_an_upload_belongs_to_its_owner(method, place, role, ann, make_upload, tokens_of):
    upload = make_upload(ann, finished=False)
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    if role in tokens_of:
        headers["Authorization"] = f"Bearer {tokens_of[role]}"
    answer = Client().generic(
        method,
        f"/api/v1/uploads/{upload.pk}{place}",
        b"xx",
        content_type="application/offset+octet-stream",
        headers=headers,
    )
    assert answer.status_code == (401 if role == "anonymous" else 404)
    assert Upload.objects.get(pk=upload.pk).offset == 0


def test_a_token_serves_only_for_its_scopes(ann):
    _, secret = tokens.issue(ann, name="t", scopes=["read"], days=1)
    answer = _ask("POST", "/api/v1/challenges/{slug}/team", secret)
    assert answer.status_code == 403
    assert "needs 'submit'" in json.loads(answer.content)["detail"]


def test_a_host_that_cannot_tell_the_address_says_so(ann):
    body = {"username": "ann", "password": "a long password 7"}
    answer = Client(REMOTE_ADDR="").post("/api/v1/tokens", body, content_type="application/json")
    assert answer.status_code == 403
    assert "COPYTRACE_HOST_PROXIES" in answer.json()["detail"]


def test_a_session_needs_the_csrf_token_for_what_changes_something(ann):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/api/v1/me").status_code == 200
    answer = client.post("/api/v1/challenges/small/team", "{}", content_type="application/json")
    assert answer.status_code == 403


SECRET = 0.7391846205
SHOWN = re.compile(rb"(?<!\d)0?\.739|(?<!\d)73[.,]9|7391846")
"""Forms of the secret score: in full, rounded, as a percentage; no token, digest or time looks like these."""


def _pages(ids):
    """Everything that pages show a team member and an organiser about a blind phase."""
    values = {
        "slug": "small",
        "phase": "two",
        "track": "matching",
        "number": "1",
        "submission_id": ids["submission_id"],
    }
    tables = [{"name": name} for name in ("participants", "submissions", "audit")]
    addresses = [
        address
        for more in [*tables, {"form": "csv"}, {"form": "json"}]
        for address in page_addresses(**values, **more)
    ]
    for name in ("ann", "boss"):
        client = Client()
        client.force_login(
            Account.objects.get(username=name), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        for address in dict.fromkeys(addresses):
            for board in ("", "?board=private"):
                answer = client.get(address + board)
                answer.said = b"".join(answer) if answer.streaming else answer.content
                yield address, answer
                if answer.status_code != 200:
                    # Refusals must not depend on the board.
                    break


def _calls(tokens_of, ids):
    """Everything that the API tells anyone about a blind phase; organisers' actions are requested last."""
    for method in ("GET", "POST", "PUT"):
        for role in ROLES:
            for found, path in PERMISSIONS:
                # Excludes actions that would destroy the data under test.
                if found != method or path.endswith(("/reveal", "/deadline", "/apply", "/reverse")):
                    continue
                for board in ("public", "private") if method == "GET" else ("public",):
                    asked = path.replace("{phase}", "two") + f"?board={board}&limit=100"
                    answer = _ask(method, asked, tokens_of.get(role, ""), **ids)
                    yield path, answer
                    if answer.status_code != 200:
                        break


def _everything(tokens_of, client, ids):
    """Everything that anyone can make the site say about a blind phase."""
    yield from _pages(ids)
    yield from _calls(tokens_of, ids)
    for address in _addresses(get_resolver().url_patterns):
        # Admin pages, account pages, and every other page, with the names of this world filled in.
        if "^" in address or "<" in address or address.startswith("/api/"):
            continue
        filled = re.sub(
            r"\{(\w+)\}", lambda name: {**NAMES, **ids, "phase": "two"}.get(name[1], "1"), address
        )
        if "logout" not in address:
            answer = client.get(filled, follow=True)
            answer.said = b"".join(answer) if answer.streaming else answer.content
            yield address, answer
    for model in ("submission", "scoringrun", "phase", "rescore", "team", "mail", "auditentry"):
        page = f"/admin/hosting/{model}/"
        yield page, client.get(page)
        yield page, client.get(f"{page}{ids['submission_id']}/change/")


def _order(text: bytes) -> list[bytes]:
    """The teams in the order of their first mention in a text."""
    return sorted((name for name in (b"team ann", b"team zoe") if name in text), key=text.index)


def _blind_world(ann, make_team, make_scored, two, scores):
    """Two teams in the blind phase, and a finished rescoring of theirs; returns the IDs of all objects."""
    zoe = make_team("zoe")
    for team, score in zip((ann.participations.get().team, zoe), scores, strict=True):
        row = make_scored(team, score, phase=two)
        row.current_run.public_measures = row.current_run.private_measures = {"micro_ap": score}
        row.current_run.save()
        notices.scored(row, row.current_run)
    rescore = rescoring.begin(two, "why not")
    for run in rescore.runs.all():
        measures = {"micro_ap": run.submission.current_run.public_score}
        rescore.runs.filter(pk=run.pk).update(
            state="done",
            public_score=measures["micro_ap"],
            private_score=measures["micro_ap"],
            public_measures=measures,
            private_measures=measures,
        )
    mine = Submission.objects.get(team=ann.participations.get().team)
    return {"submission_id": str(mine.pk), "rescore_id": str(rescore.pk)}


def test_neither_score_nor_rank_of_a_blind_phase_leaves_the_host(
    ann, make_team, make_scored, two, tokens_of, client, time, caplog
):
    time.time = two.opens_at + timedelta(minutes=1)
    boss = Account.objects.get(username="boss")
    client.force_login(boss, backend="allauth.account.auth_backends.AuthenticationBackend")

    def look(zoes_score):
        """What everyone sees when one team is better or worse than the other: the ranks, and the texts."""
        with transaction.atomic():
            ids = _blind_world(ann, make_team, make_scored, two, (SECRET, zoes_score))
            answers = list(_everything(tokens_of, client, ids))
            mails = [("e-mail", f"{mail.subject} {mail.body}".encode()) for mail in Mail.objects.all()]
            transaction.set_rollback(True)
        assert sum(answer.status_code == 200 for _, answer in answers) > 60
        assert not [place for place, answer in answers if answer.status_code >= 500]
        said = [
            (place, answer.said if hasattr(answer, "said") else answer.content) for place, answer in answers
        ]
        said += [(f"headers of {place}", str(answer.headers).encode()) for place, answer in answers]
        return [*said, *mails, ("log", caplog.text.encode())]

    worse, better = look(SECRET - 0.2), look(SECRET + 0.2)
    assert [place for place, text in worse + better if SHOWN.search(text)] == []
    orders = [[(place, _order(text)) for place, text in said] for said in (worse, better)]
    assert sum(len(order) == 2 for _, order in orders[0]) > 5
    assert orders[0] == orders[1]

    # Proof that the test can fail: once the scores are revealed, both are visible.
    ids = _blind_world(ann, make_team, make_scored, two, (SECRET, SECRET + 0.2))
    time.time = two.closes_at + timedelta(seconds=two.grace_seconds + 1)
    organising.reveal(two)
    board = _ask("GET", "/api/v1/challenges/small/tracks/matching/phases/two/leaderboard")
    assert _order(board.content) == [b"team zoe", b"team ann"]
    assert SHOWN.search(board.content)
    mine = _ask("GET", "/api/v1/submissions/{submission_id}", tokens_of["member"], **ids)
    assert SHOWN.search(mine.content)


def test_an_organisers_act_is_done_and_noted(world, tokens_of, one):
    boss = tokens_of["organiser"]
    path = "/api/v1/organise/challenges/{slug}/phases/{phase}"
    assert _ask("POST", f"{path}/deadline", boss).json() == {
        "done": "one closes at 2026-06-01 14:00:00+00:00."
    }
    assert _ask("POST", f"{path}/allowances", boss).status_code == 200
    audit = _ask("GET", "/api/v1/organise/challenges/{slug}/audit", boss).json()
    acts = [(entry["actor"], entry["act"]) for entry in audit["items"][:2]]
    assert acts == [("boss", "attempts granted"), ("boss", "deadline moved")]
    attempts = _ask("GET", "/api/v1/challenges/{slug}/team", tokens_of["member"]).json()["attempts"]
    assert attempts[0] == {"track": "matching", "phase": "one", "used": 1, "used_today": 1, "left": None}


def test_data_have_commands_for_every_region(ann, tokens_of):
    (dataset,) = _ask("GET", "/api/v1/challenges/{slug}/data", tokens_of["member"]).json()
    assert dataset["files"] == [{"path": "queries.tar", "size": 10, "sha256": "a" * 64}]
    assert dataset["mirrors"][0]["commands"] == [
        "aws s3 cp s3://bucket/small/queries/ queries/ --recursive --no-sign-request --region us-west-2",
        "aws s3 cp s3://bucket/small/queries/ queries/ --recursive --region us-west-2",
        "s5cmd --no-sign-request cp 's3://bucket/small/queries/*' queries/",
        "copytrace data get s3://bucket/small/queries/ -o queries/",
    ]


def test_pages_are_cut_into_pieces(db, challenge):
    page = Client().get("/api/v1/challenges?limit=1&offset=1").json()
    assert page == {"items": [], "count": 1}


def test_the_database_tells_the_time(db, monkeypatch):
    monkeypatch.undo()
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5


def test_requests_per_minute_are_limited_by_account_and_address(settings, rf, ann):
    settings.REQUESTS_PER_MINUTE = 4
    caches["throttle"].clear()
    by_address, by_account = throttles()
    stranger, known = (rf.get("/", REMOTE_ADDR="192.0.2.7") for _ in range(2))
    stranger.auth, known.auth = None, ann
    assert [by_address.allow_request(stranger) for _ in range(3)] == [True, True, False]
    assert [by_account.allow_request(known) for _ in range(5)] == [True, True, True, True, False]
    assert by_account.wait() > 0


def test_one_submission_is_disqualified_by_its_number(world, tokens_of, make_scored):
    token = tokens_of["organiser"]
    team = Team.objects.get(name="team ann")
    row = make_scored(team, 0.5)
    path = "/api/v1/organise/challenges/small/disqualifications"
    body = {"team": team.name, "submission": row.pk, "reason": "r"}
    answer = _ask("POST", path, token, body)
    assert answer.json() == {"done": f"Submission {row.pk} is disqualified."}
    team.refresh_from_db()
    assert team.disqualified_at is None


def test_the_page_and_the_api_show_the_same_log_without_re_scores(world, ann, tokens_of, one):
    Submission.objects.filter(pk=world.pk).update(state="scored")
    world.runs.update(log="as submitted\n")
    rescore = rescoring.begin(one, "r")
    rescore.runs.update(log="a re-score\n")
    lines = _ask("GET", "/api/v1/submissions/{submission_id}/log", tokens_of["member"]).json()["lines"]
    assert lines == ["as submitted"]
    client = Client()
    client.force_login(ann, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/challenges/small/submissions/{world.pk}/")
    assert page.context["log"] == lines
