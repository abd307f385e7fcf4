"""Fills a site with a loaded challenge: teams, submissions with their runs, and the audit log.

`python full_site.py CHALLENGE --submissions 10000 --teams 500`, with the site's settings in the environment. The rows
are written directly into the tables; nothing is uploaded or scored, and all data is invented.
"""

from __future__ import annotations

import argparse
import math
import os
from array import array
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from copytrace.hosting.models import Challenge, Submission, Team

PLAYER, ORGANISER, PASSWORD = "player", "boss", "a long password 7"
LONG_NAME = "The Association for Perceptual Hashing and Cheerful Copycats"
"""The name of the first team, that of `PLAYER`: 60 characters, the longest allowed."""

STATES = ("refused", "failed", "queued", "received")
"""Every 51st submission has one of these states; all others are scored."""


def main() -> None:
    """Fill the site."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("challenge")
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--teams", type=int, default=500)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "copytrace.hosting.settings"
    import django

    django.setup()
    from django.db import transaction

    from copytrace.hosting.models import Challenge

    with transaction.atomic():
        challenge = Challenge.objects.get(slug=options.challenge)
        rows = _fill_submissions(challenge, _fill_teams(challenge, options.teams), options.submissions)
        _fill_rescore(rows)
        _fill_log(challenge, rows)


def _fill_teams(challenge: Challenge, count: int) -> list[Team]:
    from django.contrib.auth.hashers import make_password

    from copytrace.hosting.models import Account, Participant, Team
    from copytrace.hosting.services import clock

    now, password = clock.now(), make_password(PASSWORD)
    names = [PLAYER, *(f"person{number:04d}" for number in range(1, count))]
    accounts = Account.objects.bulk_create(
        Account(username=name, email=f"{name}@example.org", password=password) for name in names
    )
    Account.objects.create(
        username=ORGANISER, email="boss@example.org", password=password, is_staff=True, is_superuser=True
    )
    titles = [LONG_NAME, *(f"Team {number:04d}" for number in range(1, count))]
    teams = Team.objects.bulk_create(Team(challenge=challenge, name=title) for title in titles)
    Participant.objects.bulk_create(
        Participant(
            account=account,
            challenge=challenge,
            country="DE",
            of_age=True,
            rules_version=challenge.rules_version,
            accepted_at=now,
            team=team,
            leads=True,
        )
        for account, team in zip(accounts, teams, strict=True)
    )
    return teams


def _fill_submissions(challenge: Challenge, teams: list[Team], count: int) -> list[Submission]:
    from copytrace.hosting.models import ScoringRun, Submission
    from copytrace.hosting.services import clock

    now = clock.now()
    phases, tracks = list(challenge.phases.all()), list(challenge.tracks.all())
    members = {row.team_id: row.account_id for row in challenge.participants.all()}
    rows = Submission.objects.bulk_create(
        (
            _submission(
                number,
                now,
                team=teams[number % len(teams)],
                account_id=members[teams[number % len(teams)].pk],
                track=tracks[(number // len(teams)) % len(tracks)],
                # Most are submitted to the first phase; the final one accepts few.
                phase=phases[0 if (number + number // len(teams)) % 20 else -1],
            )
            for number in range(count)
        ),
        batch_size=2000,
    )
    runs = ScoringRun.objects.bulk_create((_run(row, now) for row in rows), batch_size=2000)
    for row, run in zip(rows, runs, strict=True):
        row.current_run = run if row.state == "scored" else None
    Submission.objects.bulk_update(rows, ["current_run"], batch_size=2000)
    return rows


def _fill_rescore(rows: list[Submission]) -> None:
    """Add a re-score of the first phase that is done and waits to be applied; it changes ranks."""
    from copytrace.hosting.models import Rescore, ScoringRun
    from copytrace.hosting.services import clock

    now, phase = clock.now(), rows[1].phase
    rescore = Rescore.objects.create(phase=phase, reason="Two pairs of the truth were wrong.", begun_at=now)
    runs = [_run(row, now) for row in rows if row.phase_id == phase.pk and row.state == "scored"]
    for run in runs:
        run.rescore = rescore
        run.public_score = run.private_score = (run.submission_id * 7907 % 10007) / 10007
    ScoringRun.objects.bulk_create(runs, batch_size=2000)


def _submission(number: int, now: datetime, **where: Any) -> Submission:  # noqa: ANN401 - rows and keys
    from copytrace.hosting.models import Submission

    state = "scored" if number % 51 else STATES[number // 51 % len(STATES)]
    at = now - timedelta(minutes=number)
    return Submission(
        state=state,
        state_at=at,
        upload_started_at=at,
        received_at=None if state == "refused" else at,
        filename=f"attempt-{number}.csv",
        size=10_000_000 + number,
        path=f"uploads/full/{number}",
        faults=["row 7: the score is nan; expected a finite number."] if state == "refused" else [],
        facts={"rows": 500_000, "sha256": f"{number:064x}", "reference_sha256": "e" * 64},
        **where,
    )


def _run(row: Submission, now: datetime) -> Any:  # noqa: ANN401 - a run
    from copytrace.hosting.models import ScoringRun

    score = (row.pk * 7919 % 10007) / 10007
    common = {
        "submission": row,
        "queued_at": row.state_at,
        "attempt": 1,
        "worker": "worker-1",
        "machine": "2 cores",
    }
    if row.state != "scored":
        waiting = row.state in {"queued", "received"}
        return ScoringRun(
            stage="score" if row.state == "queued" else "check",
            state="waiting" if waiting else "dead",
            log="attempt 1 on worker-1: it took more memory than it may\n" if row.state == "failed" else "",
            **common,
        )
    return ScoringRun(
        stage="score",
        state="done",
        started_at=row.state_at,
        finished_at=min(now, row.state_at + timedelta(seconds=65)),
        share_done=1.0,
        scorer_version="0.1.0",
        truth_version="f" * 64,
        public_score=score,
        private_score=max(0.0, score - 0.01),
        public_measures=_measures(score),
        private_measures=_measures(max(0.0, score - 0.01)),
        public_plots=_plots(score),
        public_replicates=_replicates(score),
        private_replicates=_replicates(max(0.0, score - 0.01)),
        seconds=64.7,
        log="",
        **common,
    )


def _measures(score: float) -> dict[str, Any]:
    return {
        "micro_ap": score,
        "recall_at_p90": score * 0.9,
        "threshold_at_p90": 0.5,
        "recall_at_1": score,
        "recall_at_10": min(1.0, score * 1.05),
        "interval": [max(0.0, score - 0.01), min(1.0, score + 0.01)],
        "queries": 25_000,
        "true_pairs": 5_000,
        "predictions": 250_000,
    }


def _replicates(score: float, count: int = 100) -> bytes:
    """Bootstrap replicates, as a run stores them; a tenth of the usual number."""
    return array("f", (score + 0.01 * math.sin(place * score * 97) for place in range(count))).tobytes()


def _plots(score: float) -> dict[str, Any]:
    steps, bins = 200, 40
    edges = [score * step / steps for step in range(steps + 1)]
    heights = [1 - 0.5 * step / steps for step in range(steps)]
    right = [int(1000 * math.exp(-((place - 30) ** 2) / 40)) for place in range(bins)]
    wrong = [int(9000 * math.exp(-((place - 8) ** 2) / 30)) for place in range(bins)]
    plots = {"recall": edges, "precision": heights, "edges": [place / bins for place in range(bins + 1)]}
    return plots | {"right": right, "wrong": wrong}


def _fill_log(challenge: Challenge, rows: list[Submission]) -> None:
    from copytrace.hosting.models import Account, AuditEntry
    from copytrace.hosting.services import announcing

    steps = (
        ("uploading", "received"),
        ("received", "checking"),
        ("checking", "queued"),
        ("queued", "scoring"),
    )
    AuditEntry.objects.bulk_create(
        (
            AuditEntry(
                challenge=challenge,
                act="state",
                subject=f"submission {row.pk}",
                details={"before": before, "after": after},
            )
            for row in rows
            for before, after in (*steps, ("scoring", row.state))
        ),
        batch_size=5000,
    )
    boss = Account.objects.get(username=ORGANISER)
    text = "Two pairs of the public part were wrong. All submissions are **scored again**; see the new ranks tomorrow."
    announcing.announce(challenge, "The truth of the public part is fixed", text, boss, mail=False)


if __name__ == "__main__":
    main()
