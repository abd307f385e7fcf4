"""The pages of a challenge that are text: overview, rules, prizes and FAQ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from copytrace.hosting.models import Prize
from copytrace.hosting.services import announcing
from copytrace.hosting.services.prizes import awards
from copytrace.hosting.web.pages.frame import find_challenge, frame

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Challenge


MOST_ANNOUNCED = 5


@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """What the challenge is about, and its dates."""
    challenge = find_challenge(slug)
    content = frame(request, challenge, "overview") | {
        "tracks": challenge.tracks.all(),
        "announcements": announcing.shown(challenge)[:MOST_ANNOUNCED],
    }
    return render(request, "challenge/overview.html", content)


@require_safe
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules, with their version, and who may take part."""
    return render(request, "challenge/rules.html", frame(request, find_challenge(slug), "rules"))


@require_safe
def faq(request: HttpRequest, slug: str) -> HttpResponse:
    """What is often asked."""
    return render(request, "challenge/faq.html", frame(request, find_challenge(slug), "faq"))


@require_safe
def prizes(request: HttpRequest, slug: str) -> HttpResponse:
    """The prizes of each phase and track, and who is to get them once the scores are revealed."""
    challenge = find_challenge(slug)
    content = frame(request, challenge, "prizes") | {"tables": _prize_tables(challenge)}
    return render(request, "challenge/prizes.html", content)


def _prize_tables(challenge: Challenge) -> list[dict[str, object]]:
    found = []
    for phase in challenge.phases.all():
        for track in challenge.tracks.all():
            rows = list(Prize.objects.filter(phase=phase, track=track))
            if rows:
                found.append({"phase": phase, "track": track, "prizes": rows, "awards": awards(phase, track)})
    return found
