"""Which phases are open, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from copytrace.hosting.services.problems import Unusable
from copytrace.hosting.services.visibility import is_closed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.hosting.models import Phase

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Every date of a challenge is between these. Near the ends of the calendar, time zones and grace periods overflow."""

PhaseState = Literal["coming", "open", "closed"]


@dataclass(frozen=True)
class Event:
    """The next thing that happens in a challenge.

    Attributes:
        phase: the phase.
        what: `opens` or `closes`.
        at: when.
    """

    phase: Phase
    what: Literal["opens", "closes"]
    at: datetime


def require_date(at: datetime) -> None:
    """Refuse a date that is unusable for a challenge.

    Raises:
        Unusable: it has no time zone, or is too far away.
    """
    if at.tzinfo is None:
        raise Unusable(f"{at} has no time zone; expected UTC, such as 2021-10-27T23:59:00Z.")
    if not EARLIEST <= at <= LATEST:
        raise Unusable(f"{at} is too far away; expected a date from {EARLIEST:%Y} to {LATEST.year - 1}.")


def state_of(phase: Phase, now: datetime) -> PhaseState:
    """Whether a phase is coming, open or closed; the grace period for uploads in progress does not keep it open."""
    if now < phase.opens_at:
        return "coming"
    return "closed" if now > phase.closes_at else "open"


def takes_submissions(phase: Phase, now: datetime) -> bool:
    """Whether a file may still arrive, including the grace period for uploads in progress."""
    return bool(phase.truth_public) and phase.opens_at <= now and not is_closed(phase, now)


def next_event(phases: Sequence[Phase], now: datetime) -> Event | None:
    """The next event: an open phase closing, else a coming one opening; None if all phases are over."""
    closing = [Event(phase, "closes", phase.closes_at) for phase in phases if state_of(phase, now) == "open"]
    opening = [Event(phase, "opens", phase.opens_at) for phase in phases if state_of(phase, now) == "coming"]
    return min(closing or opening, key=lambda event: event.at, default=None)


def challenge_state(phases: Sequence[Phase], now: datetime) -> PhaseState:
    """Coming before the first phase, open until the last phase closes, then closed."""
    states = {state_of(phase, now) for phase in phases}
    if "open" in states or {"coming", "closed"} <= states:
        return "open"
    return "coming" if "coming" in states else "closed"
