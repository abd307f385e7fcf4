"""When a submission that waits will be begun, by what the queue did lately."""

from __future__ import annotations

from datetime import timedelta
from statistics import mean
from typing import TYPE_CHECKING

from copytrace.hosting.models import ScoringRun

if TYPE_CHECKING:
    from datetime import datetime

RECENT = 20
"""Finished runs whose mean time is taken."""

LATELY = timedelta(minutes=30)
"""A worker that finished something within this time is taken to be there."""


def starts_at(position: int, now: datetime) -> datetime | None:
    """When the run at a place in the queue is begun, roughly.

    Args:
        position: 1 is the next one.
        now: by the database's clock.

    Returns:
        None where no run was finished yet, from which one could tell.
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
    """How many runs are worked on at once: those that run now, or the workers that were busy lately."""
    running = ScoringRun.objects.filter(state=ScoringRun.State.RUNNING, lease_expires_at__gt=now).count()
    lately = ScoringRun.objects.filter(finished_at__gt=now - LATELY).values("worker").distinct().count()
    return max(running, lately, 1)
