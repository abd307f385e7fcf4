"""A leaderboard: ranks, scores with intervals, and the best score over time; also as CSV and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from copytrace.hosting.services import challenges
from copytrace.hosting.services.exports import csv_lines
from copytrace.hosting.services.problems import NotFound
from copytrace.hosting.services.standings import Standings, best_over_time, standings
from copytrace.hosting.services.submitting import find_place
from copytrace.hosting.services.visibility import BOARDS, scores_visible
from copytrace.hosting.web.csv_file import csv_file
from copytrace.hosting.web.pages.frame import frame
from copytrace.hosting.web.public import public
from copytrace.reports.plots import best_over_time as plot_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from copytrace.hosting.models import Phase, Track
    from copytrace.hosting.services.visibility import Board

PAGE = 50
COLUMNS = (
    "rank",
    "team",
    "score",
    "low",
    "high",
    "recall_at_p90",
    "entries",
    "last_at",
    "tied",
    "significant",
    "moved",
)


@require_safe
@public
def leaderboards(request: HttpRequest, slug: str) -> HttpResponse:
    """The default leaderboard: the latest phase with visible scores, and the first track."""
    challenge = challenges.find(slug)
    content = frame(request, challenge, "leaderboard")
    tracks = challenges.tracks(challenge)
    phases = [phase for phase, _ in content["phases"]]
    begun = [phase for phase, state in content["phases"] if state != "coming"]
    shown = [
        phase for phase in begun if any(scores_visible(phase, board, content["now"]) for board in BOARDS)
    ]
    phase = (shown or begun or phases[:1] or [None])[-1]
    if not tracks or phase is None:
        raise NotFound(f"{challenge.title} has no leaderboard yet.")
    return redirect("challenge-board", slug, tracks[0].slug, phase.slug)


@require_safe
@public
def leaderboard(request: HttpRequest, slug: str, track: str, phase: str) -> HttpResponse:
    """One leaderboard; the private one if visible, unless the public one is requested."""
    challenge = challenges.find(slug)
    track_row, phase_row = find_place(challenge, track, phase)
    content = frame(request, challenge, "leaderboard")
    seen = [board for board in BOARDS if scores_visible(phase_row, board, content["now"])]
    board = _asked(request, seen)
    content |= {
        "track": track_row,
        "phase": phase_row,
        "tracks": challenges.tracks(challenge),
        "board": board,
        "boards": seen,
        **(_shown(request, phase_row, track_row, board, content) if board else {}),
    }
    return render(request, "challenge/leaderboard.html", content)


@require_safe
@public
def table(request: HttpRequest, slug: str, track: str, phase: str, form: str) -> HttpResponseBase:
    """All rows of a leaderboard, as `csv` or `json`."""
    track_row, phase_row = find_place(challenges.find(slug), track, phase)
    if form not in {"csv", "json"}:
        raise NotFound(f"Unknown format {form!r}; leaderboards are available as csv or json.")
    board: Board = "private" if request.GET.get("board") == "private" else "public"
    found = standings(phase_row, track_row, board)
    if found is None:
        raise NotFound("These scores stay hidden until they are revealed after the phase.")
    lines = [_line(row) for row in found.rows(0, len(found), _before(found))]
    if form == "json":
        return JsonResponse({"track": track, "phase": phase, "board": board, "places": lines})
    rows = (tuple(line.values()) for line in lines)
    return csv_file(csv_lines([COLUMNS, *rows]), f"{slug}-{track}-{phase}-{board}")


def _asked(request: HttpRequest, seen: list[Board]) -> Board | None:
    asked = request.GET.get("board")
    return next((board for board in seen if board == asked), seen[-1] if seen else None)


def _shown(
    request: HttpRequest, phase: Phase, track: Track, board: Board, content: dict[str, Any]
) -> dict[str, Any]:
    found = standings(phase, track, board)
    if found is None:
        return {}
    page = Paginator(found.places, PAGE).get_page(request.GET.get("page"))
    start = PAGE * (page.number - 1)
    until = min(content["now"], phase.closes_at)
    me = content["me"]
    my_rank = next(
        (rank for rank, best in enumerate(found.places, 1) if me and best.team_id == me.team_id), None
    )
    return {
        "my_rank": my_rank,
        "my_page": my_rank and 1 + (my_rank - 1) // PAGE,
        "page": page,
        "rows": found.rows(start, start + PAGE, _before(found)),
        "plot": plot_of(best_over_time(phase, track, board), phase.opens_at, until),
        "query": f"board={board}&",
    }


def _before(found: Standings) -> Standings | None:
    """The public board, to show changes of rank on a private one."""
    return standings(found.phase, found.track, "public") if found.board == "private" else None


def _line(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a line
    low, high = row.interval or (None, None)
    told = asdict(row) | {"low": low, "high": high, "last_at": row.last_at.isoformat()}
    return {name: told[name] for name in COLUMNS}
