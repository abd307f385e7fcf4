"""Changes when a phase opens or closes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from copytrace.hosting.services import challenges, clock, members, organising
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.confirming import Question, ask, confirmed, done
from copytrace.hosting.web.pages.organiser.forms import TIME_FORMAT, TimeForm
from copytrace.hosting.web.pages.organiser.layout import draw
from copytrace.hosting.web.pages.tags import plural

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account, Phase


@dataclass(frozen=True)
class Move:
    """Which of a phase's times to change.

    Attributes:
        field: field of the phase.
        verb: what the phase does at that time.
        act: the service that changes it: phase, time, reason, actor.
    """

    field: str
    verb: str
    act: Callable[[Phase, datetime, str, Account], None]


CLOSING = Move("closes_at", "closes", organising.move_deadline)
OPENING = Move("opens_at", "opens", organising.move_opening)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def closing(request: HttpRequest, account: Account, slug: str, phase: str) -> HttpResponse:
    """Change a deadline."""
    return _move(request, account, CLOSING, slug, phase)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def opening(request: HttpRequest, account: Account, slug: str, phase: str) -> HttpResponse:
    """Change an opening time."""
    return _move(request, account, OPENING, slug, phase)


def _move(request: HttpRequest, account: Account, move: Move, slug: str, name: str) -> HttpResponse:
    challenge = challenges.find(slug)
    phase = challenges.find_phase(challenge, name)
    present: datetime = getattr(phase, move.field)
    form = TimeForm(request.POST or None, initial={"at": request.GET.get("at") or f"{present:{TIME_FORMAT}}"})
    if form.is_valid():
        now = form.cleaned_data["when"] == "now"
        at = clock.now() if now else form.cleaned_data["at"]
        if not confirmed(request):
            return ask(request, challenge, _question(phase, move, None if now else at), "organise-challenge")
        if done(form, lambda: move.act(phase, at, form.cleaned_data["reason"], account)):
            messages.success(
                request, f"{phase.title} now {move.verb} {'immediately' if now else f'on {_words(at)}'}."
            )
            return redirect("organise-challenge", slug)
    return draw(
        request,
        challenge,
        "dates.html",
        "organise-challenge",
        form=form,
        phase=phase,
        move=move,
        present=present,
    )


def _question(phase: Phase, move: Move, at: datetime | None) -> Question:
    people = members.count_participants(phase.challenge)
    before = _words(getattr(phase, move.field))
    effects = [
        f"{phase.title} {move.verb} {f'on {_words(at)}' if at else 'now'} instead of {before}.",
        f"{plural(people, 'participant')} will get an e-mail with your reason."
        if people
        else "There are no participants to notify.",
    ]
    if move is CLOSING and at is None:
        effects.append("Uploads in progress can still finish within the grace period.")
    return Question(
        title=f"Change when {phase.title} {move.verb}?",
        effects=effects,
        button="Change time",
        undo="You can change it back the same way. E-mails cannot be recalled.",
    )


def _words(at: datetime) -> str:
    return f"{at:%-d %B %Y at %H:%M:%S} UTC"
