"""Reveals the scores of a phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from copytrace.hosting.services import challenges, clock, organising
from copytrace.hosting.services.visibility import scores_visible
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.confirming import TypedForm, done
from copytrace.hosting.web.pages.organiser.layout import draw

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account

TAB = "organise-challenge"


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def reveal(request: HttpRequest, account: Account, slug: str, phase: str) -> HttpResponse:
    """Reveal all scores of a phase, once its name has been typed."""
    challenge = challenges.find(slug)
    row = challenges.find_phase(challenge, phase)
    form = TypedForm(row.title, request.POST or None)
    if form.is_valid() and done(form, lambda: organising.reveal(row, account)):
        messages.success(request, f"Revealed the scores of {row.title}.")
        return redirect(TAB, slug)
    content = {"form": form, "phase": row, "revealed": scores_visible(row, "private", clock.now())}
    return draw(request, challenge, "reveal.html", TAB, **content)
