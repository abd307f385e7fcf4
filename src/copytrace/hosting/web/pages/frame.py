"""What all pages of a challenge share: title, tabs, and the visitor's next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from copytrace.hosting.services import challenges, clock, members, schedule
from copytrace.hosting.web.people import signed_in_as

if TYPE_CHECKING:
    from django.http import HttpRequest

    from copytrace.hosting.models import Challenge, Participant

TABS = (
    ("overview", "Overview"),
    ("data", "Data"),
    ("rules", "Rules"),
    ("prizes", "Prizes"),
    ("submissions", "Submissions"),
    ("leaderboard", "Leaderboard"),
    ("faq", "FAQ"),
)


@dataclass(frozen=True)
class Tab:
    """A tab: its name, label and address, and whether it is the current one."""

    name: str
    title: str
    address: str
    current: bool


def frame(request: HttpRequest, challenge: Challenge, tab: str) -> dict[str, Any]:
    """The context of `challenge/layout.html`.

    Returns:
        `challenge`, `now`, `phases` (each with `state`), `state`, `next`, `tabs`, and `me`: the visitor's
        participation in the challenge, if any.
    """
    now = clock.now()
    phases = challenges.phases(challenge)
    return {
        "challenge": challenge,
        "now": now,
        "phases": [(phase, schedule.state_of(phase, now)) for phase in phases],
        "state": schedule.challenge_state(phases, now),
        "next": schedule.next_event(phases, now),
        "tabs": [
            Tab(name, title, reverse(f"challenge-{name}", args=[challenge.slug]), name == tab)
            for name, title in TABS
            if name != "faq" or challenge.faq
        ],
        "me": part_of(request, challenge),
    }


def part_of(request: HttpRequest, challenge: Challenge) -> Participant | None:
    """The visitor's participation in the challenge, if any."""
    account = signed_in_as(request)
    return members.part_of(challenge, account) if account else None
