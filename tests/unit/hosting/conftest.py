from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

import pytest

from copytrace.hosting.models import Account, Challenge, ScoringRun, Submission, Team
from copytrace.hosting.services import clock, participation, queue, uploads
from copytrace.hosting.services.challenge_file import judge_challenge
from copytrace.hosting.services.loading import load
from hosting_world import NOW, challenge_content, write_challenge_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from copytrace.hosting.models import Phase, Track, Upload


class Clock:
    """A clock that tests set; where it matters, tests use the database's own."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(clock, "now", found)
    return found


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "challenge"
    write_challenge_folder(folder, challenge_content(NOW))
    return folder


@pytest.fixture
def challenge(db, files: Path) -> Challenge:
    return load(judge_challenge(challenge_content(NOW), "challenge.yaml"), files).challenge


@pytest.fixture
def one(challenge: Challenge) -> Phase:
    return challenge.phases.get(slug="one")


@pytest.fixture
def two(challenge: Challenge) -> Phase:
    return challenge.phases.get(slug="two")


@pytest.fixture
def matching(challenge: Challenge) -> Track:
    return challenge.tracks.get(slug="matching")


@pytest.fixture
def descriptor(challenge: Challenge) -> Track:
    return challenge.tracks.get(slug="descriptor")


@pytest.fixture
def make_account(db) -> Callable[..., Account]:
    return lambda name, **more: Account.objects.create_user(
        name, f"{name}@example.org", "a long password 7", **more
    )


@pytest.fixture
def make_team(challenge: Challenge, make_account) -> Callable[[str], Team]:
    def make(name: str) -> Team:
        account = make_account(name)
        participation.join(challenge, account, country="DE", of_age=True, rules_version="1")
        return participation.found_team(challenge, account, f"team {name}")

    return make


@pytest.fixture
def ann(make_team) -> Account:
    """Leads her own team."""
    return make_team("ann").members.get().account


@pytest.fixture
def make_upload(settings) -> Callable[..., Upload]:
    settings.DISK_RESERVE = 0

    def make(account: Account, content: bytes = b"x" * 10, *, finished: bool = True) -> Upload:
        upload = uploads.begin(account, len(content), "team.csv")
        return uploads.append(upload, 0, io.BytesIO(content)) if finished else upload

    return make


@pytest.fixture
def make_scored(time: Clock, matching: Track, one: Phase) -> Callable[..., Submission]:
    """A scored submission of a team, without running the scoring."""
    number = itertools.count()

    def make(team: Team, score: float | None, private: float | None = None, **more: object) -> Submission:
        fields = {
            "track": matching,
            "phase": one,
            "received_at": time.time,
            "path": f"uploads/{next(number)}",
        } | more
        fields.setdefault("account", team.members.first().account)
        row = Submission.objects.create(
            team=team,
            state="scored",
            state_at=time.time,
            upload_started_at=time.time,
            **fields,
        )
        row.current_run = ScoringRun.objects.create(
            submission=row,
            stage="score",
            state="done",
            queued_at=time.time,
            public_score=score,
            private_score=score if private is None else private,
            public_measures={"micro_ap": score},
            private_measures={"micro_ap": private},
        )
        row.save()
        return row

    return make


@pytest.fixture
def make_received(make_scored, make_team) -> Callable[..., ScoringRun]:
    """Received submissions of new teams, or of an existing one, with their runs."""
    numbers = itertools.count()

    def make(team: Team | None = None, **more: object) -> ScoringRun:
        row = make_scored(team or make_team(f"player{next(numbers)}"), None, **more)
        row.runs.all().delete()
        Submission.objects.filter(pk=row.pk).update(state="received", current_run=None)
        return queue.enqueue(Submission.objects.get(pk=row.pk))

    return make
