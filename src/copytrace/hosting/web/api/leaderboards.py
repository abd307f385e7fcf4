"""Leaderboards and prizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ninja import Query, Router
from ninja.decorators import decorate_view

from copytrace.hosting.services import challenges
from copytrace.hosting.services.leaderboard import leaderboard
from copytrace.hosting.services.prizes import awards, prizes
from copytrace.hosting.services.submitting import find_place
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.schemas import AwardOut, LeaderboardOut
from copytrace.hosting.web.public import public

if TYPE_CHECKING:
    from django.http import HttpRequest

router = Router(tags=["leaderboards"])

_WHERE = "/challenges/{slug:slug}/tracks/{slug:track}/phases/{slug:phase}"


@router.get(f"{_WHERE}/leaderboard", response=answers(LeaderboardOut))
@decorate_view(public)
def get_leaderboard(
    request: HttpRequest,
    slug: str,
    track: str,
    phase: str,
    *,
    board: Literal["public", "private"] = "public",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Any:  # noqa: ANN401 - content
    """Each team's best submission, best first. Among equal scores, the earlier ranks first."""
    del request
    track_row, phase_row = find_place(challenges.find(slug), track, phase)
    places = leaderboard(phase_row, track_row, board)
    return {
        "track": track,
        "phase": phase,
        "board": board,
        "visible": places is not None,
        "note": ""
        if places is not None
        else "These scores stay hidden until they are revealed after the phase.",
        "count": len(places or ()),
        "places": [
            {
                "rank": place.rank,
                "team": place.entry.team,
                "score": place.entry.score,
                "recall_at_p90": place.entry.measures.get("recall_at_p90"),
                "submission": place.entry.submission_id,
                "received_at": place.entry.received_at,
                "submissions": place.submissions,
            }
            for place in (places or [])[offset : offset + limit]
        ],
    }


@router.get(f"{_WHERE}/prizes", response=answers(list[AwardOut]))
@decorate_view(public)
def get_prizes(request: HttpRequest, slug: str, track: str, phase: str) -> Any:  # noqa: ANN401 - content
    """The prizes and their winners. Winners are named once the private scores are revealed."""
    del request
    track_row, phase_row = find_place(challenges.find(slug), track, phase)
    found = awards(phase_row, track_row)
    if found is not None:
        return [vars(award) for award in found]
    return [
        {"place": prize.place, "prize": prize.amount, "team": None, "rank": None, "missing": []}
        for prize in prizes(phase_row, track_row)
    ]
