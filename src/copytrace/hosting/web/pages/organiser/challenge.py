"""A challenge as its organisers see it: its phases, what was handed in, and what they did last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.views.decorators.http import require_safe

from copytrace.hosting.models import Account, AuditEntry, Submission
from copytrace.hosting.services import announcing, clock, schedule
from copytrace.hosting.services.visibility import scores_visible
from copytrace.hosting.web.pages.frame import find_challenge
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.layout import draw
from copytrace.hosting.web.pages.organiser.undoing import with_undo

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Challenge, Phase

LATEST = 8


@require_safe
@organiser
def show(request: HttpRequest, _: Account, slug: str) -> HttpResponse:
    """Phases with what can be done to each, and the latest acts with their way back."""
    challenge = find_challenge(slug)
    content = {
        "phases": _phases(challenge),
        "latest": with_undo(_latest(challenge)),
        "announcements": announcing.shown(challenge)[:3],
        "people": challenge.participants.count(),
        "teams": challenge.teams.count(),
    }
    return draw(request, challenge, "challenge.html", "organise-challenge", **content)


def _phases(challenge: Challenge) -> list[dict[str, Any]]:
    now = clock.now()
    counts: dict[int, dict[str, int]] = {}
    rows = Submission.objects.filter(phase__challenge=challenge).order_by().values("phase", "state")
    for row in rows.annotate(count=Count("pk")):
        counts.setdefault(row["phase"], {})[row["state"]] = row["count"]
    return [
        {
            "phase": phase,
            "state": schedule.state_of(phase, now),
            "counts": _by_state(counts.get(phase.pk, {})),
            "scored": counts.get(phase.pk, {}).get(Submission.State.SCORED, 0),
            "revealed": scores_visible(phase, "private", now),
            "may_reveal": not scores_visible(phase, "private", now) and now >= phase.closes_at,
            "rescore": _under_way(phase),
        }
        for phase in challenge.phases.select_related("frozen_after")
    ]


def _by_state(counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(state.value, counts[state]) for state in Submission.State if state in counts]


def _under_way(phase: Phase) -> Any:  # noqa: ANN401 - a re-score or None
    return phase.rescores.filter(applied_at=None, reversed_at=None).first()


def _latest(challenge: Challenge) -> list[AuditEntry]:
    organisers = list(Account.objects.filter(is_staff=True).values_list("pk", flat=True))
    rows = AuditEntry.objects.filter(challenge=challenge, actor__in=organisers).select_related("actor")
    return list(rows.order_by("-pk")[:LATEST])
