"""A team's submissions to a challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from copytrace.hosting.services import challenges
from copytrace.hosting.services import submissions as handed_in
from copytrace.hosting.services.visibility import scores_visible
from copytrace.hosting.web.pages.attempts import COSTS, all_left
from copytrace.hosting.web.pages.frame import frame
from copytrace.hosting.web.public import public

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Submission

PAGE = 50


@require_safe
@public
def submissions(request: HttpRequest, slug: str) -> HttpResponse:
    """The submissions of the visitor's team, latest first, or instructions if there are none."""
    challenge = challenges.find(slug)
    content = frame(request, challenge, "submissions") | {
        "tracks": challenges.tracks(challenge),
        "costs": COSTS,
    }
    me = content["me"]
    if me is None or me.team is None:
        return render(request, "challenge/submissions_none.html", content)
    page = Paginator(handed_in.of_team(me.team), PAGE).get_page(request.GET.get("page"))
    content |= {
        "team": me.team,
        "page": page,
        "rows": [(row, score_of(row, content)) for row in page],
        "left": all_left(challenge, me.team, content["phases"], content["now"]),
    }
    return render(request, "challenge/submissions.html", content)


def score_of(row: Submission, content: dict[str, Any]) -> float | None:
    """Its public score, if it has one that is visible."""
    if row.current_run is None or not scores_visible(row.phase, "public", content["now"]):
        return None
    return row.current_run.public_score
