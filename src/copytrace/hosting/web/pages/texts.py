"""The text pages of a challenge: overview, rules, prizes and FAQ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from copytrace.hosting.services import announcing, challenges
from copytrace.hosting.services.prizes import awards, with_prizes
from copytrace.hosting.web.pages.frame import frame
from copytrace.hosting.web.public import public

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Challenge


MOST_ANNOUNCED = 5


@require_safe
@public
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """What the challenge is about, and its dates."""
    challenge = challenges.find(slug)
    content = frame(request, challenge, "overview") | {
        "tracks": challenges.tracks(challenge),
        "announcements": announcing.shown(challenge)[:MOST_ANNOUNCED],
    }
    return render(request, "challenge/overview.html", content)


@require_safe
@public
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules, their version, and who can take part."""
    return render(request, "challenge/rules.html", frame(request, challenges.find(slug), "rules"))


@require_safe
@public
def faq(request: HttpRequest, slug: str) -> HttpResponse:
    """Frequently asked questions."""
    return render(request, "challenge/faq.html", frame(request, challenges.find(slug), "faq"))


@require_safe
@public
def prizes(request: HttpRequest, slug: str) -> HttpResponse:
    """The prizes of each phase and track, and their winners once the scores are revealed."""
    challenge = challenges.find(slug)
    content = frame(request, challenge, "prizes") | {"tables": _prize_tables(challenge)}
    return render(request, "challenge/prizes.html", content)


def _prize_tables(challenge: Challenge) -> list[dict[str, object]]:
    return [
        {"phase": phase, "track": track, "prizes": prizes, "awards": awards(phase, track)}
        for phase, track, prizes in with_prizes(challenge)
    ]
