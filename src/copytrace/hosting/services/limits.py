"""How many attempts a team has, counted under a lock so that posts at the same time cannot exceed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from copytrace.hosting.models import Allowance, Submission
from copytrace.hosting.services.problems import TooMany
from copytrace.hosting.services.states import COUNTED

if TYPE_CHECKING:
    from copytrace.hosting.models import Phase, Team, Track


@dataclass(frozen=True)
class Attempts:
    """A team's attempts in a phase and track; None: there is no limit.

    Attributes:
        used: submissions that count, since the phase opened.
        used_today: the same, since midnight UTC.
        left: how many more are possible now.
    """

    used: int
    used_today: int
    left: int | None


def lock_allowance(team: Team, phase: Phase) -> Allowance:
    """Lock the row of a team and phase until the transaction ends.

    On SQLite the transaction itself, which begins IMMEDIATE, is the lock.
    """
    Allowance.objects.get_or_create(team=team, phase=phase)
    return Allowance.objects.select_for_update().get(team=team, phase=phase)


def attempts(team: Team, phase: Phase, track: Track, now: datetime) -> Attempts:
    """Count a team's attempts; certain only while the allowance is locked."""
    counted = Submission.objects.filter(team=team, phase=phase, track=track, state__in=COUNTED)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    used = counted.count()
    used_today = counted.filter(received_at__gte=midnight).count()
    extra = Allowance.objects.filter(team=team, phase=phase).values_list("extra", flat=True).first() or 0
    left = [
        limit + extra - count
        for limit, count in ((phase.limit_total, used), (phase.limit_per_day, used_today))
        if limit is not None
    ]
    return Attempts(used, used_today, max(0, min(left)) if left else None)


def require_attempt(team: Team, phase: Phase, track: Track, now: datetime) -> None:
    """Refuse when no attempt is left.

    Raises:
        TooMany: the message says which limit it is, and when there is another attempt.
    """
    found = attempts(team, phase, track, now)
    if found.left != 0:
        return
    if phase.limit_total is not None and found.used >= phase.limit_total:
        raise TooMany(
            f"Team {team.name} has used {found.used} of its {phase.limit_total} submissions in {phase.title},"
            f" {track.title}. There are no more."
        )
    raise TooMany(
        f"Team {team.name} has used {found.used_today} of its {phase.limit_per_day} submissions of this day in"
        f" {phase.title}, {track.title}. The next is possible after midnight UTC."
    )


def require_few_refusals(team: Team, now: datetime) -> None:
    """Make a team wait whose files were refused too often: refusals cost no attempt, so they are slowed down.

    Raises:
        TooMany: the message says for how long.
    """
    hour = timedelta(hours=1)
    wasted = Submission.objects.filter(
        team=team, state__in=(Submission.State.REFUSED, Submission.State.FAILED), state_at__gt=now - hour
    ).order_by("-state_at")
    times = list(wasted.values_list("state_at", flat=True)[: settings.REFUSALS_PER_HOUR])
    if len(times) < settings.REFUSALS_PER_HOUR:
        return
    again = (times[-1] if times else now) + hour
    raise TooMany(
        f"{len(times)} files of team {team.name} were refused within an hour. The next is possible at"
        f" {again:%H:%M} UTC; `copytrace check` finds the same faults before an upload."
    )
