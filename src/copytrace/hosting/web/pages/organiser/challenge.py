"""A challenge for its organisers: phases, submissions, and recent actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.views.decorators.http import require_safe

from copytrace.hosting.services import (
    announcing,
    audit,
    challenges,
    clock,
    members,
    rescoring,
    schedule,
    submissions,
)
from copytrace.hosting.services.states import State
from copytrace.hosting.services.visibility import scores_visible
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.layout import draw
from copytrace.hosting.web.pages.organiser.undoing import with_undo

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account, Challenge

LATEST = 8


@require_safe
@organiser
def show(request: HttpRequest, _: Account, slug: str) -> HttpResponse:
    """Phases with their actions, and the latest actions with links to undo them."""
    challenge = challenges.find(slug)
    content = {
        "phases": _phases(challenge),
        "latest": with_undo(audit.entries(challenge, of_organisers=True)[:LATEST]),
        "announcements": announcing.shown(challenge)[:3],
        "people": members.count_participants(challenge),
        "teams": members.count_teams(challenge),
    }
    return draw(request, challenge, "challenge.html", "organise-challenge", **content)


def _phases(challenge: Challenge) -> list[dict[str, Any]]:
    now = clock.now()
    counts = submissions.counts_by_phase(challenge)
    return [
        {
            "phase": phase,
            "state": schedule.state_of(phase, now),
            "counts": _by_state(counts.get(phase.pk, {})),
            "scored": counts.get(phase.pk, {}).get(State.SCORED, 0),
            "revealed": scores_visible(phase, "private", now),
            "may_reveal": not scores_visible(phase, "private", now) and now >= phase.closes_at,
            "rescore": rescoring.under_way(phase),
        }
        for phase in challenges.phases(challenge)
    ]


def _by_state(counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(state.value, counts[state]) for state in State if state in counts]
