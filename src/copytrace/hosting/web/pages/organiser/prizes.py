"""The prizes, with the checklist of each finalist and the prospective winners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from copytrace.hosting.services import challenges, organising
from copytrace.hosting.services.leaderboard import leaderboard
from copytrace.hosting.services.prizes import CHECKLIST, awards_of, checklists, missing_of, with_prizes
from copytrace.hosting.services.submitting import find_place
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.confirming import done
from copytrace.hosting.web.pages.organiser.forms import FinalistForm
from copytrace.hosting.web.pages.organiser.layout import draw

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account, Challenge, Phase, Track

TAB = "organise-prizes"


@require_safe
@organiser
def prizes(request: HttpRequest, _: Account, slug: str) -> HttpResponse:
    """A table of finalists for each phase and track that has prizes."""
    challenge = challenges.find(slug)
    return draw(request, challenge, "prizes.html", TAB, tables=_tables(challenge), items=CHECKLIST)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def finalist(request: HttpRequest, account: Account, number: int, phase: str, track: str) -> HttpResponse:
    """The checklist of one team."""
    team = challenges.team_of_number(number)
    challenge = team.challenge
    track_row, phase_row = find_place(challenge, track, phase)
    kept = checklists(phase_row, track_row).get(team.pk)
    initial = {name: getattr(kept, name) for name in FinalistForm.base_fields} if kept else None
    form = FinalistForm(request.POST or None, initial=initial)
    if form.is_valid() and done(
        form, lambda: organising.note_finalist(team, phase_row, track_row, account, **form.cleaned_data)
    ):
        messages.success(request, f"Saved the checklist of {team.name}.")
        return redirect(TAB, challenge.slug)
    content = {"form": form, "team": team, "phase": phase_row, "track": track_row}
    return draw(request, challenge, "finalist.html", TAB, **content)


def _tables(challenge: Challenge) -> list[dict[str, Any]]:
    return [
        {"phase": phase, "track": track, "prizes": prizes, "rows": _rows(phase, track)}
        for phase, track, prizes in with_prizes(challenge)
    ]


def _rows(phase: Phase, track: Track) -> list[dict[str, Any]] | None:
    """The finalists; None while the private board is hidden."""
    board = leaderboard(phase, track, "private")
    if board is None:
        return None
    given = {award.team: award for award in awards_of(board, phase, track) if award.team}
    kept = checklists(phase, track)
    return [
        {
            "place": place,
            "award": given.get(place.entry.team),
            "checklist": kept.get(place.entry.team_id),
            "missing": missing_of(kept.get(place.entry.team_id)),
        }
        for place in board[: len(given) + sum(row.declined for row in kept.values()) + 1]
    ]
