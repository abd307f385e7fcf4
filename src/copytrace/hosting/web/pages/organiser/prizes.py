"""The prizes with their checklists: what each finalist has shown, and who gets what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from copytrace.hosting.models import Finalist, Prize
from copytrace.hosting.services import organising
from copytrace.hosting.services.leaderboard import leaderboard
from copytrace.hosting.services.prizes import CHECKLIST, awards_of, missing_of
from copytrace.hosting.services.submitting import find_place
from copytrace.hosting.web.pages.frame import find_challenge
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.confirming import done
from copytrace.hosting.web.pages.organiser.forms import FinalistForm
from copytrace.hosting.web.pages.organiser.layout import draw, find_team

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account, Challenge, Phase, Track

TAB = "organise-prizes"


@require_safe
@organiser
def prizes(request: HttpRequest, _: Account, slug: str) -> HttpResponse:
    """A table of finalists for each phase and track that has prizes."""
    challenge = find_challenge(slug)
    return draw(request, challenge, "prizes.html", TAB, tables=_tables(challenge), items=CHECKLIST)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def finalist(request: HttpRequest, account: Account, number: int, phase: str, track: str) -> HttpResponse:
    """The checklist of one team."""
    team = find_team(number)
    challenge = team.challenge
    track_row, phase_row = find_place(challenge, track, phase)
    kept = Finalist.objects.filter(team=team, phase=phase_row, track=track_row).first()
    initial = {name: getattr(kept, name) for name in FinalistForm.base_fields} if kept else None
    form = FinalistForm(request.POST or None, initial=initial)
    if form.is_valid() and done(
        form, lambda: organising.note_finalist(team, phase_row, track_row, account, **form.cleaned_data)
    ):
        messages.success(request, f"The checklist of {team.name} is kept.")
        return redirect(TAB, challenge.slug)
    content = {"form": form, "team": team, "phase": phase_row, "track": track_row}
    return draw(request, challenge, "finalist.html", TAB, **content)


def _tables(challenge: Challenge) -> list[dict[str, Any]]:
    return [
        {"phase": phase, "track": track, **_table(phase, track)}
        for phase in challenge.phases.all()
        for track in challenge.tracks.all()
        if Prize.objects.filter(phase=phase, track=track).exists()
    ]


def _table(phase: Phase, track: Track) -> dict[str, Any]:
    board = leaderboard(phase, track, "private")
    if board is None:
        return {"rows": None, "prizes": Prize.objects.filter(phase=phase, track=track)}
    given = {award.team: award for award in awards_of(board, phase, track) if award.team}
    kept = {row.team_id: row for row in Finalist.objects.filter(phase=phase, track=track)}
    rows = [
        {
            "place": place,
            "award": given.get(place.entry.team),
            "checklist": kept.get(place.entry.team_id),
            "missing": missing_of(kept.get(place.entry.team_id)),
        }
        for place in board[: len(given) + sum(row.declined for row in kept.values()) + 1]
    ]
    return {"rows": rows}
