"""The status of the site: what is waiting, running or failed, and the free disk space."""

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
"""Maximum number of running and failed submissions to list; all are counted."""


@dataclass(frozen=True)
class Queue:
    """The workers' queue.

    Attributes:
        waiting: number of waiting runs.
        oldest: when the oldest of them began to wait.
        running: runs in progress, the longest first, at most `LISTED`.
        finished: number of runs finished within the last hour.
        stalled: runs are waiting, but no worker seems to be running.
    """

    waiting: int
    oldest: datetime | None
    running: list[ScoringRun]
    finished: int
    stalled: bool


@dataclass(frozen=True)
class Failure:
    """A submission that failed because of the host, and the message of its last run."""

    submission: Submission
    log: str


@dataclass(frozen=True)
class Uploads:
    """Uploads in progress: their number, bytes received, and total bytes."""

    files: int
    arrived: int
    promised: int


@dataclass(frozen=True)
class Disk:
    """The file system of the data folder, in bytes; uploads are refused when less than `reserve` is free."""

    free: int
    total: int
    reserve: int

    @property
    def low(self) -> bool:
        """Whether uploads are refused, or will be soon."""
        return self.free < 2 * self.reserve


@dataclass(frozen=True)
class Post:
    """E-mails: those waiting, and those given up."""

    waiting: int
    given_up: int


def queue() -> Queue:
    """The workers' queue."""
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
    """Submissions that failed because of the host, latest first; an organiser may retry them."""
    rows = Submission.objects.filter(state=Submission.State.FAILED).order_by("-state_at")
    failed = list(rows.select_related("team", "track", "phase__challenge")[:LISTED])
    runs = ScoringRun.objects.filter(submission__in=failed, rescore=None).order_by("pk")
    logs = dict(runs.values_list("submission_id", "log"))
    return [Failure(row, logs.get(row.pk, "")) for row in failed]


def count_failures() -> int:
    """How many submissions failed because of the host."""
    return Submission.objects.filter(state=Submission.State.FAILED).count()


def uploads() -> Uploads:
    """Uploads in progress."""
    coming = Upload.objects.filter(offset__lt=F("size"), expires_at__gt=clock.now())
    found = coming.aggregate(files=Count("pk"), arrived=Sum("offset"), promised=Sum("size"))
    return Uploads(found["files"], found["arrived"] or 0, found["promised"] or 0)


def disk() -> Disk:
    """Free space on the file system of the data folder."""
    usage = shutil.disk_usage(settings.DATA)
    return Disk(usage.free, usage.total, int(settings.DISK_RESERVE))


def post() -> Post:
    """Unsent e-mails."""
    found = Mail.objects.filter(sent_at=None).aggregate(
        waiting=Count("pk", filter=Q(attempts__lt=MOST_ATTEMPTS)),
        given_up=Count("pk", filter=Q(attempts__gte=MOST_ATTEMPTS)),
    )
    return Post(found["waiting"], found["given_up"])
