"""A team's remaining attempts, for its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from copytrace.hosting.services import challenges, limits, schedule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from copytrace.hosting.models import Challenge, Phase, Team, Track

COSTS = (
    "A completed upload uses one attempt. Files that are refused, or that the host cannot score, do not count. After"
    " ten such files within an hour, the team has to wait."
)


@dataclass(frozen=True)
class Left:
    """A team's remaining attempts in a track of a phase.

    Attributes:
        phase, track: the phase and track.
        used: attempts since the phase opened.
        left: how many are left now; None means no limit.
        again_at: when the next one becomes available, if only the daily limit is used up.
        open: whether the phase accepts submissions now.
    """

    phase: Phase
    track: Track
    used: int
    left: int | None
    again_at: datetime | None
    open: bool


def left_of(team: Team, phase: Phase, track: Track, now: datetime) -> Left:
    """A team's attempts in one track of one phase."""
    found = limits.attempts(team, phase, track, now)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    all_used = phase.limit_total is not None and found.used >= phase.limit_total
    again = midnight if found.left == 0 and not all_used and midnight < phase.closes_at else None
    return Left(phase, track, found.used, found.left, again, schedule.state_of(phase, now) == "open")


def all_left(
    challenge: Challenge, team: Team, phases: Sequence[tuple[Phase, schedule.PhaseState]], now: datetime
) -> list[Left]:
    """A team's attempts in every open phase, track by track."""
    tracks = challenges.tracks(challenge)
    return [
        left_of(team, phase, track, now) for phase, state in phases if state == "open" for track in tracks
    ]
