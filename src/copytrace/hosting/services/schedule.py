"""What is open and what comes next, as everybody is told it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from copytrace.hosting.services.visibility import is_closed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from copytrace.hosting.models import Phase

PhaseState = Literal["coming", "open", "closed"]


@dataclass(frozen=True)
class Event:
    """The next thing that happens in a challenge.

    Attributes:
        phase: whose time it is.
        what: `opens` or `closes`.
        at: when.
    """

    phase: Phase
    what: Literal["opens", "closes"]
    at: datetime


def state_of(phase: Phase, now: datetime) -> PhaseState:
    """Whether a phase is coming, open or closed; the grace of running uploads does not keep it open."""
    if now < phase.opens_at:
        return "coming"
    return "closed" if now > phase.closes_at else "open"


def takes_submissions(phase: Phase, now: datetime) -> bool:
    """Whether a file may still arrive, the grace of running uploads included."""
    return bool(phase.truth_public) and phase.opens_at <= now and not is_closed(phase, now)


def next_event(phases: Sequence[Phase], now: datetime) -> Event | None:
    """What happens next: an open phase that closes, before a coming one that opens; None if all is over."""
    closing = [Event(phase, "closes", phase.closes_at) for phase in phases if state_of(phase, now) == "open"]
    opening = [Event(phase, "opens", phase.opens_at) for phase in phases if state_of(phase, now) == "coming"]
    return min(closing or opening, key=lambda event: event.at, default=None)


def challenge_state(phases: Sequence[Phase], now: datetime) -> PhaseState:
    """Open while a phase is open or one is still to come after the first; coming before that; closed at the end."""
    states = {state_of(phase, now) for phase in phases}
    if "open" in states or {"coming", "closed"} <= states:
        return "open"
    return "coming" if "coming" in states else "closed"
