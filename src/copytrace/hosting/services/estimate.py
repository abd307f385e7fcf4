"""Estimates when a waiting submission will start, from recent runs of the queue."""

from __future__ import annotations

from datetime import timedelta
from statistics import mean
from typing import TYPE_CHECKING

from copytrace.hosting.models import ScoringRun

if TYPE_CHECKING:
    from datetime import datetime

RECENT = 20
"""Number of finished runs to average."""

LATELY = timedelta(minutes=30)
"""A worker that finished a run within this time is assumed to be running."""


def starts_at(position: int, now: datetime) -> datetime | None:
    """Estimate when the run at a place in the queue will start.

    Args:
        position: 1 is next.
        now: by the database's clock.

    Returns:
        None if no run has finished yet to base an estimate on.
    """
    done = ScoringRun.objects.filter(state=ScoringRun.State.DONE, seconds__isnull=False).order_by(
        "-finished_at"
    )
    seconds = [found for found in done.values_list("seconds", flat=True)[:RECENT] if found is not None]
    if not seconds:
        return None
    ahead = position - 1
    return now + timedelta(seconds=mean(seconds) * ahead / _slots(now))


def _slots(now: datetime) -> int:
    """How many runs go on at once: those in progress now, or the workers that were busy recently."""
    running = ScoringRun.objects.filter(state=ScoringRun.State.RUNNING, lease_expires_at__gt=now).count()
    lately = ScoringRun.objects.filter(finished_at__gt=now - LATELY).values("worker").distinct().count()
    return max(running, lately, 1)
