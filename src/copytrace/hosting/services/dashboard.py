"""How the site is doing: what waits, what runs, what failed, and whether there is room."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, F, Min, Q, Sum

from copytrace.hosting.models import Mail, ScoringRun, Submission, Upload
from copytrace.hosting.services import clock
from copytrace.hosting.services.outbox import MOST_ATTEMPTS

if TYPE_CHECKING:
    from datetime import datetime

Run = ScoringRun.State

PATIENCE = timedelta(minutes=2)
"""If a run waits longer than this while nothing runs, no worker seems to be running."""

LISTED = 8
"""Running and failed ones that are listed, at most; all are counted."""


@dataclass(frozen=True)
class Queue:
    """What workers have to do.

    Attributes:
        waiting: runs that wait.
        oldest: since when the oldest of them waits.
        running: runs that are worked on, the longest first, at most `LISTED`.
        finished: runs that were done within the last hour.
        stalled: something waits and nobody works: no worker seems to run.
    """

    waiting: int
    oldest: datetime | None
    running: list[ScoringRun]
    finished: int
    stalled: bool


@dataclass(frozen=True)
class Failure:
    """A submission that failed through the platform, and what its last run said."""

    submission: Submission
    log: str


@dataclass(frozen=True)
class Uploads:
    """Files that are on their way: how many, bytes that arrived, bytes that they will have."""

    files: int
    arrived: int
    promised: int


@dataclass(frozen=True)
class Disk:
    """Bytes of the file system that the data folder is on; uploads stop when less than `reserve` is free."""

    free: int
    total: int
    reserve: int

    @property
    def low(self) -> bool:
        """Whether uploads are, or will soon be, turned away."""
        return self.free < 2 * self.reserve


@dataclass(frozen=True)
class Post:
    """E-mails: those that wait, and those that were given up."""

    waiting: int
    given_up: int


def queue() -> Queue:
    """What workers have to do."""
    now = clock.now()
    unfinished = ScoringRun.objects.filter(state__in=(Run.WAITING, Run.RUNNING))
    held = Q(state=Run.RUNNING, lease_expires_at__gte=now)
    found = unfinished.aggregate(
        waiting=Count("pk", filter=~held),
        oldest=Min("queued_at", filter=~held),
        running=Count("pk", filter=held),
    )
    running = unfinished.filter(held).select_related("submission__team", "submission__phase__challenge")
    return Queue(
        waiting=found["waiting"],
        oldest=found["oldest"],
        running=list(running.order_by("started_at")[:LISTED]),
        finished=ScoringRun.objects.filter(state=Run.DONE, finished_at__gt=now - timedelta(hours=1)).count(),
        stalled=bool(found["oldest"] and not found["running"] and found["oldest"] < now - PATIENCE),
    )


def failures() -> list[Failure]:
    """Submissions that failed because of the host, the latest first; an organiser may queue them again."""
    rows = Submission.objects.filter(state=Submission.State.FAILED).order_by("-state_at")
    failed = list(rows.select_related("team", "track", "phase__challenge")[:LISTED])
    runs = ScoringRun.objects.filter(submission__in=failed, rescore=None).order_by("pk")
    logs = dict(runs.values_list("submission_id", "log"))
    return [Failure(row, logs.get(row.pk, "")) for row in failed]


def count_failures() -> int:
    """How many submissions failed because of the host."""
    return Submission.objects.filter(state=Submission.State.FAILED).count()


def uploads() -> Uploads:
    """Files that are on their way."""
    coming = Upload.objects.filter(offset__lt=F("size"), expires_at__gt=clock.now())
    found = coming.aggregate(files=Count("pk"), arrived=Sum("offset"), promised=Sum("size"))
    return Uploads(found["files"], found["arrived"] or 0, found["promised"] or 0)


def disk() -> Disk:
    """Room on the file system of the data folder."""
    usage = shutil.disk_usage(settings.DATA)
    return Disk(usage.free, usage.total, int(settings.DISK_RESERVE))


def post() -> Post:
    """E-mails that have not been sent."""
    found = Mail.objects.filter(sent_at=None).aggregate(
        waiting=Count("pk", filter=Q(attempts__lt=MOST_ATTEMPTS)),
        given_up=Count("pk", filter=Q(attempts__gte=MOST_ATTEMPTS)),
    )
    return Post(found["waiting"], found["given_up"])
