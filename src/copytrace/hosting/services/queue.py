"""The queue is the table of scoring runs: a worker holds a run by a lease, and writes only while it holds it.

A claim is one conditional UPDATE, which succeeds for one worker only, on SQLite and on PostgreSQL. It gives a
token; every later write of the worker is conditional on that token (the fence), so that a worker that was
stopped for longer than its lease changes nothing when it wakes up.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, F, IntegerField, Q, Value, When
from django.db.models.functions import Cast

from copytrace.hosting.models import ScoringRun, Submission
from copytrace.hosting.services import clock, notices
from copytrace.hosting.services.states import advance

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

Run = ScoringRun.State
State = Submission.State

# The state a submission is in while a stage waits, and while it is worked on.
WAITS = {ScoringRun.Stage.CHECK: State.RECEIVED, ScoringRun.Stage.SCORE: State.QUEUED}
WORKS = {ScoringRun.Stage.CHECK: State.CHECKING, ScoringRun.Stage.SCORE: State.SCORING}


SEEN = 10
"""Runs that a worker tries to take, one after the other, before it looks again: others may be quicker."""


def enqueue(submission: Submission) -> ScoringRun:
    """Put a received submission into the queue, in the transaction that received it."""
    return ScoringRun.objects.create(submission=submission, queued_at=clock.now())


def waiting(now: datetime) -> QuerySet[ScoringRun]:
    """What could be claimed, in fair order.

    First what participants wait for, re-scores last; then the phases that close first; then the teams with the
    fewest runs that are running or began within the hour; then by age.
    """
    return (
        ScoringRun.objects.filter(Q(state=Run.WAITING) | Q(state=Run.RUNNING, lease_expires_at__lt=now))
        .annotate(load=_load_of_team(now))
        .order_by(
            F("rescore").asc(nulls_first=True), "submission__phase__closes_at", "load", "queued_at", "pk"
        )
    )


def _load_of_team(now: datetime) -> Cast:
    """How many runs of its team are running or began within the hour, for each run.

    Counted once for all teams: a subquery would count again for each run that waits, and there are most of both
    when a deadline is near.
    """
    recent = ScoringRun.objects.filter(Q(state=Run.RUNNING) | Q(started_at__gt=now - timedelta(hours=1)))
    counts = recent.order_by().values_list("submission__team").annotate(runs=Count("pk"))
    teams: dict[int, list[int]] = {}
    for team, runs in counts:
        teams.setdefault(runs, []).append(team)
    cases = (When(submission__team__in=found, then=Value(runs)) for runs, found in teams.items())
    # The cast keeps PostgreSQL from taking a bare number, where there are no cases, for a column's position.
    return Cast(Case(*cases, default=Value(0)), IntegerField())


def position(run: ScoringRun) -> int | None:
    """How many runs are before this one, plus one; None if it does not wait."""
    ahead = list(waiting(clock.now()).values_list("pk", flat=True))
    return ahead.index(run.pk) + 1 if run.pk in ahead else None


def claim(worker: str) -> ScoringRun | None:
    """Take the next run for a worker, or None if there is none."""
    now = clock.now()
    for run in waiting(now)[:SEEN]:
        if run.attempt >= settings.ATTEMPTS:
            _bury(run, now)
        elif _take(run, worker, now):
            return ScoringRun.objects.select_related("submission__phase", "submission__track").get(pk=run.pk)
    return None


def heartbeat(run: ScoringRun, share_done: float, seconds_left: float | None) -> bool:
    """Renew the lease and tell how far the work is; False if the run is no longer this worker's."""
    expires = clock.now() + timedelta(seconds=settings.LEASE_SECONDS)
    return bool(_held(run).update(lease_expires_at=expires, share_done=share_done, seconds_left=seconds_left))


def pass_check(run: ScoringRun, facts: dict[str, Any]) -> bool:
    """The file is valid: the run waits again, now for its score. False if the run was lost."""
    with transaction.atomic():
        if not _held(run).update(state=Run.WAITING, stage=ScoringRun.Stage.SCORE, token="", attempt=0):
            return False
        advance(run.submission, State.QUEUED, facts=facts)
    return True


def refuse(run: ScoringRun, faults: list[str]) -> bool:
    """The file has faults, which are the participant's: the run is over. False if the run was lost."""
    with transaction.atomic():
        now = clock.now()
        if not _held(run).update(state=Run.DEAD, finished_at=now, log="\n".join(faults)):
            return False
        if run.rescore_id is None:
            notices.refused(advance(run.submission, State.REFUSED, faults=faults))
    return True


def finish(run: ScoringRun, **result: Any) -> bool:  # noqa: ANN401 - the run's fields
    """Keep the scores: in one transaction they are there and the submission is scored, or neither is."""
    with transaction.atomic():
        if not _held(run).update(
            state=Run.DONE, finished_at=clock.now(), share_done=1.0, seconds_left=0, **result
        ):
            return False
        if run.rescore_id is None:
            done = ScoringRun.objects.get(pk=run.pk)
            notices.scored(advance(run.submission, State.SCORED, current_run=done), done)
    return True


def give_back(run: ScoringRun, problem: str, *, counts: bool = True) -> bool:
    """End this attempt without a result; the run waits again, or is dead after its last attempt.

    Args:
        run: as it was claimed.
        problem: what happened, for the log.
        counts: False where the worker is merely stopping.
    """
    # One line, whatever a file's name in it says.
    log = f"{run.log}attempt {run.attempt} on {run.worker}: {' '.join(problem.splitlines())}\n"
    with transaction.atomic():
        if counts and run.attempt >= settings.ATTEMPTS:
            return _die(run, _held(run), log)
        attempt = run.attempt if counts else run.attempt - 1
        if not _held(run).update(state=Run.WAITING, token="", attempt=attempt, log=log):
            return False
        if run.rescore_id is None:
            advance(run.submission, WAITS[ScoringRun.Stage(run.stage)])
    return True


def requeue(submission: Submission, **who: Any) -> None:  # noqa: ANN401 - the actor
    """Give a submission that failed through the platform another try."""
    with transaction.atomic():
        advance(submission, State.RECEIVED, **who)
        enqueue(submission)


def _held(run: ScoringRun) -> QuerySet[ScoringRun]:
    """The row, if the worker that claimed it still holds it."""
    return ScoringRun.objects.filter(pk=run.pk, state=Run.RUNNING, token=run.token)


def _take(run: ScoringRun, worker: str, now: datetime) -> bool:
    free = Q(state=Run.WAITING) | Q(state=Run.RUNNING, lease_expires_at__lt=now)
    with transaction.atomic():
        taken = ScoringRun.objects.filter(free, pk=run.pk, attempt=run.attempt, stage=run.stage).update(
            state=Run.RUNNING,
            worker=worker,
            token=secrets.token_hex(16),
            attempt=run.attempt + 1,
            started_at=now,
            lease_expires_at=now + timedelta(seconds=settings.LEASE_SECONDS),
            share_done=0.0,
            seconds_left=None,
        )
        works = WORKS[ScoringRun.Stage(run.stage)]
        # A run that is taken over from a dead worker is worked on already.
        if taken and run.rescore_id is None and run.submission.state != works:
            advance(run.submission, works)
    return bool(taken)


def _bury(run: ScoringRun, now: datetime) -> None:
    """A run whose workers died at every attempt: its file may be what kills them."""
    mine = ScoringRun.objects.filter(pk=run.pk, attempt=run.attempt, token=run.token, state=run.state)
    if run.state == Run.RUNNING:
        mine = mine.filter(lease_expires_at__lt=now)
    with transaction.atomic():
        _die(run, mine, f"{run.log}attempt {run.attempt} on {run.worker}: the worker was lost\n")


def _die(run: ScoringRun, row: QuerySet[ScoringRun], log: str) -> bool:
    log += f"given up after {run.attempt} attempts\n"
    if not row.update(state=Run.DEAD, finished_at=clock.now(), log=log):
        return False
    if run.rescore_id is None:
        notices.failed(advance(run.submission, State.FAILED))
    return True
