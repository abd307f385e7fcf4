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

# The state of a submission while a stage is waiting, and while it is in progress.
WAITS = {ScoringRun.Stage.CHECK: State.RECEIVED, ScoringRun.Stage.SCORE: State.QUEUED}
WORKS = {ScoringRun.Stage.CHECK: State.CHECKING, ScoringRun.Stage.SCORE: State.SCORING}


SEEN = 10
"""Number of runs that a worker tries to claim before it queries again: other workers may claim them first."""


def enqueue(submission: Submission) -> ScoringRun:
    """Add a received submission to the queue, in the transaction that received it."""
    return ScoringRun.objects.create(submission=submission, queued_at=clock.now())


def waiting(now: datetime) -> QuerySet[ScoringRun]:
    """The runs that can be claimed, in fair order.

    Submissions come before re-scores; then phases that close soonest, then teams with the fewest runs in progress or
    started within the hour, then the oldest.
    """
    return (
        ScoringRun.objects.filter(Q(state=Run.WAITING) | Q(state=Run.RUNNING, lease_expires_at__lt=now))
        .annotate(load=_load_of_team(now))
        .order_by(
            F("rescore").asc(nulls_first=True), "submission__phase__closes_at", "load", "queued_at", "pk"
        )
    )


def _load_of_team(now: datetime) -> Cast:
    """For each run, how many runs of its team are in progress or started within the hour.

    Counted once for all teams: a subquery would count again for each waiting run, and near a deadline there are many of
    both.
    """
    recent = ScoringRun.objects.filter(Q(state=Run.RUNNING) | Q(started_at__gt=now - timedelta(hours=1)))
    counts = recent.order_by().values_list("submission__team").annotate(runs=Count("pk"))
    teams: dict[int, list[int]] = {}
    for team, runs in counts:
        teams.setdefault(runs, []).append(team)
    cases = (When(submission__team__in=found, then=Value(runs)) for runs, found in teams.items())
    # Without cases this is a bare number; the cast keeps PostgreSQL from taking it for a column's position.
    return Cast(Case(*cases, default=Value(0)), IntegerField())


def position(run: ScoringRun) -> int | None:
    """The run's place in the queue, from 1; None if it is not waiting."""
    ahead = list(waiting(clock.now()).values_list("pk", flat=True))
    return ahead.index(run.pk) + 1 if run.pk in ahead else None


def claim(worker: str) -> ScoringRun | None:
    """Claim the next run for a worker; None if nothing is waiting."""
    now = clock.now()
    for run in waiting(now)[:SEEN]:
        if run.attempt >= settings.ATTEMPTS:
            _bury(run, now)
        elif _take(run, worker, now):
            return ScoringRun.objects.select_related("submission__phase", "submission__track").get(pk=run.pk)
    return None


def heartbeat(run: ScoringRun, share_done: float, seconds_left: float | None) -> bool:
    """Renew the lease and record progress; False if the worker has lost the run."""
    expires = clock.now() + timedelta(seconds=settings.LEASE_SECONDS)
    return bool(_held(run).update(lease_expires_at=expires, share_done=share_done, seconds_left=seconds_left))


def pass_check(run: ScoringRun, facts: dict[str, Any]) -> bool:
    """Record that the file is valid: the run waits again, now to be scored. False if the worker has lost the run."""
    with transaction.atomic():
        if not _held(run).update(state=Run.WAITING, stage=ScoringRun.Stage.SCORE, token="", attempt=0):
            return False
        advance(run.submission, State.QUEUED, facts=facts)
    return True


def refuse(run: ScoringRun, faults: list[str]) -> bool:
    """Refuse a file with faults, which ends the run. False if the worker has lost the run."""
    with transaction.atomic():
        now = clock.now()
        if not _held(run).update(state=Run.DEAD, finished_at=now, log="\n".join(faults)):
            return False
        if run.rescore_id is None:
            notices.refused(advance(run.submission, State.REFUSED, faults=faults))
    return True


def finish(run: ScoringRun, **result: Any) -> bool:  # noqa: ANN401 - the run's fields
    """Save the scores and mark the submission as scored, in one transaction. False if the worker has lost the run."""
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
        run: the run as claimed.
        problem: what happened, for the log.
        counts: whether the attempt counts; False if the worker is merely stopping.
    """
    # One line, whatever characters a file name in it contains.
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
    """Retry a submission that failed because of the host."""
    with transaction.atomic():
        advance(submission, State.RECEIVED, **who)
        enqueue(submission)


def _held(run: ScoringRun) -> QuerySet[ScoringRun]:
    """The row, if its worker still holds it."""
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
        # The submission of a run taken over from a dead worker is already in this state.
        if taken and run.rescore_id is None and run.submission.state != works:
            advance(run.submission, works)
    return bool(taken)


def _bury(run: ScoringRun, now: datetime) -> None:
    """Give up a run whose workers died at every attempt: its file may be the cause."""
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
