"""A team's submissions to a challenge, and what everybody is told of how to submit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from copytrace.hosting.models import Submission
from copytrace.hosting.services.visibility import scores_visible
from copytrace.hosting.web.pages.attempts import COSTS, all_left
from copytrace.hosting.web.pages.frame import find_challenge, frame

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Team

PAGE = 50


@require_safe
def submissions(request: HttpRequest, slug: str) -> HttpResponse:
    """The visitor's team's submissions, the latest first; how to submit for those who have none."""
    challenge = find_challenge(slug)
    content = frame(request, challenge, "submissions") | {"tracks": challenge.tracks.all(), "costs": COSTS}
    me = content["me"]
    if me is None or me.team is None:
        return render(request, "challenge/submissions_none.html", content)
    page = Paginator(_rows(me.team), PAGE).get_page(request.GET.get("page"))
    content |= {
        "team": me.team,
        "page": page,
        "rows": [(row, score_of(row, content)) for row in page],
        "left": all_left(challenge, me.team, content["phases"], content["now"]),
    }
    return render(request, "challenge/submissions.html", content)


def _rows(team: Team) -> Any:  # noqa: ANN401 - rows
    rows = Submission.objects.filter(team=team).select_related(
        "account", "track", "phase", "entry", "current_run", "nomination"
    )
    return rows.defer("current_run__public_plots").order_by("-pk")


def score_of(row: Submission, content: dict[str, Any]) -> float | None:
    """Its public score, where it has one that may be seen."""
    if row.current_run is None or not scores_visible(row.phase, "public", content["now"]):
        return None
    return row.current_run.public_score
