"""The first page: all challenges, what is open, and what closes when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count
from django.shortcuts import render
from django.views.decorators.http import require_safe

from copytrace.hosting.models import Challenge
from copytrace.hosting.services import clock, schedule

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

GROUPS = (("open", "Open now"), ("coming", "Coming"), ("closed", "Over"))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """List the challenges by their state, those that end last first."""
    now = clock.now()
    rows = Challenge.objects.annotate(team_count=Count("teams")).prefetch_related("phases")
    found: dict[str, list[tuple[Challenge, schedule.Event | None]]] = {name: [] for name, _ in GROUPS}
    for row in rows.order_by("-ends_at", "pk"):
        phases = list(row.phases.all())
        found[schedule.challenge_state(phases, now)].append((row, schedule.next_event(phases, now)))
    groups = [(name, title, found[name]) for name, title in GROUPS if found[name]]
    return render(request, "home.html", {"groups": groups, "now": now})
