"""The home page: all challenges, which are open, and when they close."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from copytrace.hosting.services import challenges, clock, schedule
from copytrace.hosting.web.public import public

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Challenge

GROUPS = (("open", "Open now"), ("coming", "Upcoming"), ("closed", "Ended"))


@require_safe
@public
def home(request: HttpRequest) -> HttpResponse:
    """List the challenges by state, those ending last first."""
    now = clock.now()
    found: dict[str, list[tuple[Challenge, schedule.Event | None, int]]] = {name: [] for name, _ in GROUPS}
    for row, phases, teams in challenges.with_phases():
        event = schedule.next_event(phases, now)
        found[schedule.challenge_state(phases, now)].append((row, event, teams))
    groups = [(name, title, found[name]) for name, title in GROUPS if found[name]]
    return render(request, "home.html", {"groups": groups, "now": now})
