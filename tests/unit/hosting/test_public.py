"""Public pages are served from memory, and are never out of date."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import Client

from copytrace.hosting.models import ScoringRun, Submission, Team
from copytrace.hosting.services import audit, challenges, disqualifying, edition, organising, queue
from copytrace.hosting.services.challenge_file import judge_challenge
from copytrace.hosting.services.loading import load
from copytrace.hosting.services.problems import Problem
from hosting_world import NOW, challenge_content

if TYPE_CHECKING:
    from collections.abc import Callable

BOARD = "/challenges/small/leaderboard/matching/one/"
API = "/api/v1/challenges/small/tracks/matching/phases/one/leaderboard"
PUBLIC = (
    "/",
    "/challenges/small/prizes/",
    BOARD,
    f"{BOARD}places.csv",
    f"{API}?board=private",
)


READER = Client()
"""A visitor who is not signed in."""


@pytest.fixture(autouse=True)
def _with_memory(settings):
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "public"}
    settings.CACHES = settings.CACHES | {"public": memory}
    from django.core.cache import caches

    caches["public"].clear()


def ask(path: str, **headers: str) -> tuple[int, bytes]:
    answer = READER.get(path, headers=headers)
    return answer.status_code, b"".join(answer)


@pytest.fixture
def fresh(monkeypatch) -> Callable[[str], tuple[int, bytes]]:
    """Requests pages with an empty memory."""

    def ask_past(path: str) -> tuple[int, bytes]:
        with monkeypatch.context() as patched:
            patched.setattr(edition, "recall", lambda *_: None)
            patched.setattr(edition, "keep", lambda *_: None)
            answer = READER.get(path)
            return answer.status_code, b"".join(answer)

    return ask_past


@dataclass
class World:
    """Changes of a site, through its services."""

    draw: random.Random
    files: Any
    time: Any
    make_received: Callable[..., ScoringRun]
    make_team: Callable[[str], Team]
    title: int = 0

    def score(self) -> None:
        teams = list(Team.objects.all())
        self.make_received(self.draw.choice(teams) if teams and self.draw.random() < 0.7 else None)
        queue.pass_check(queue.claim("w"), {})
        score = self.draw.choice([0.1, 0.5, 0.5, 0.9])
        measures = {"micro_ap": score, "interval": [score - 0.05, score + 0.05]}
        queue.finish(
            queue.claim("w"),
            public_score=score,
            private_score=1 - score,
            public_measures=measures,
            private_measures=measures,
        )

    def disqualify(self) -> None:
        rows = [*Team.objects.all(), *Submission.objects.all()]
        if rows:
            row = self.draw.choice(rows)
            (disqualifying.reinstate if row.disqualified_at else disqualifying.disqualify)(row, "r")

    def found(self) -> None:
        self.title += 1
        self.make_team(f"late{self.title}")

    def rename(self) -> None:
        team = Team.objects.order_by("?").first()
        if team:
            self.title += 1
            Team.objects.filter(pk=team.pk).update(name=f"renamed {self.title}")
            audit.record("team renamed", team.name, challenge=team.challenge)

    def edit(self) -> None:
        self.title += 1
        content = challenge_content(NOW)
        if self.draw.random() < 0.5:
            content["title"] = f"Title {self.title}"
        else:
            content["phases"][1]["prizes"] = {"matching": [f"${self.title}"]}
        load(judge_challenge(content, "challenge.yaml"), self.files)

    def move_deadline(self) -> None:
        phase = challenges.find_phase(challenges.find("small"), "one")
        organising.move_deadline(phase, phase.closes_at - timedelta(seconds=90), "r")

    def reveal(self) -> None:
        organising.reveal(challenges.find_phase(challenges.find("small"), "one"))

    def wait(self) -> None:
        self.time.time += timedelta(seconds=self.draw.choice([60, 600, 3600]))


CHANGES = (
    World.score, World.score, World.score, World.disqualify, World.found, World.rename, World.edit,
    World.move_deadline, World.reveal, World.wait,
)  # fmt: skip


def test_an_answer_from_memory_is_what_a_fresh_one_would_be_after_any_changes(
    challenge, files, time, make_received, make_team, fresh
):
    draw = random.Random(1)
    world = World(draw, files, time, make_received, make_team)
    for change in draw.sample(CHANGES, len(CHANGES)) + draw.choices(CHANGES, k=4):
        try:
            change(world)
        except Problem:
            continue
        for path in PUBLIC:
            assert ask(path) == fresh(path), (change.__name__, path)


def test_a_page_is_rendered_once_until_something_changes(
    challenge, make_team, make_scored, django_assert_num_queries
):
    make_scored(make_team("ann"), 0.5)
    first = ask(BOARD)
    with django_assert_num_queries(1):  # whether there is a new edition
        assert ask(BOARD) == first
    organising.move_deadline(challenges.find_phase(challenge, "one"), NOW + timedelta(minutes=5), "r")
    assert ask(BOARD) != first


def test_a_cached_answer_is_confirmed_until_it_changes(challenge, make_team):
    for path in ("/", API):
        answer = Client().get(path)
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert "Cookie" in answer.headers["Vary"]
        known = {"If-None-Match": answer.headers["ETag"]}
        assert ask(path, **known) == (304, b"")
    make_team("ann")
    assert ask("/", If_None_Match=Client().get("/").headers["ETag"] + "x")[0] == 200
    assert ask("/", **known)[0] == 200


def test_a_waiting_request_gets_the_page_rendered_meanwhile_but_none_older_than_itself(challenge, rf):
    from copytrace.hosting.web.public import public

    drawn = []

    @public
    def page(request):
        drawn.append(request)
        if len(drawn) == 1:
            # If something changes while the page is rendered, this page is only for earlier requests.
            audit.record("act", "x", challenge=challenge)
        return HttpResponse(f"drawing {len(drawn)}")

    assert page(rf.get("/x")).content == b"drawing 1"
    assert page(rf.get("/x")).content == b"drawing 2"
    assert page(rf.get("/x")).content == b"drawing 2"
    older = edition.current()
    audit.record("act", "x", challenge=challenge)
    assert page(rf.get("/x")).content == b"drawing 3"
    assert edition.recall(("/x", ""), older).content == b"drawing 3"


def test_manual_changes_show_within_a_minute(challenge, time):
    assert b"Small challenge" in ask("/")[1]
    type(challenge).objects.update(title="By hand")
    time.time += timedelta(seconds=61)
    assert b"By hand" in ask("/")[1]


def test_a_moment_that_changes_something_begins_an_edition(challenge, time):
    phase = challenges.find_phase(challenge, "one")
    time.time = phase.closes_at.replace(microsecond=0)
    before = edition.current()
    time.time += timedelta(microseconds=1)
    assert edition.current().since == time.time
    assert before.since <= phase.closes_at


def test_nobody_else_sees_the_page_of_a_signed_in_person(challenge, ann):
    client = Client()
    client.force_login(ann, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert b"ann" in client.get("/").content
    assert b"Sign in" in Client().get("/").content
    assert b"ann" in client.get("/").content


def test_a_late_log_entry_also_starts_an_edition(challenge):
    for _ in range(3):
        audit.record("act", "x", challenge=challenge)
    before = edition.current()
    from copytrace.hosting.models import AuditEntry

    last = AuditEntry.objects.order_by("-pk").first().pk
    AuditEntry.objects.bulk_create([AuditEntry(pk=last + 10, act="a", subject="s")])
    newer = edition.current()
    AuditEntry.objects.bulk_create([AuditEntry(pk=last + 5, act="a", subject="s")])
    assert before.entries < newer.entries < edition.current().entries


def test_teams_are_ranked_once_per_edition_for_signed_in_people_too(
    one, matching, ann, make_team, make_scored, monkeypatch
):
    from copytrace.hosting.services import leaderboard

    make_scored(make_team("bob"), 0.5)
    ranked = []
    rank = leaderboard._best_of_teams
    monkeypatch.setattr(leaderboard, "_best_of_teams", lambda *of: ranked.append(of) or rank(*of))
    client = Client()
    client.force_login(ann, backend="allauth.account.auth_backends.AuthenticationBackend")
    for _ in range(3):
        assert b"team bob" in client.get(BOARD).content
    assert len(ranked) == 1
