"""Site status: queue, failures, uploads, disk and e-mail, and the list of challenges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from copytrace.hosting.services import challenges, checks, clock, dashboard, queue, schedule, submissions
from copytrace.hosting.web.pages.guards import organiser

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account


@require_safe
@organiser
def show(request: HttpRequest, _: Account) -> HttpResponse:
    """The status page, which reloads itself every few seconds."""
    now = clock.now()
    content = {
        "queue": dashboard.queue(),
        "failed": dashboard.count_failures(),
        "failures": dashboard.failures(),
        "uploads": dashboard.uploads(),
        "disk": dashboard.disk(),
        "post": dashboard.post(),
        "faults": checks.faults(),
        "challenges": [
            (row, schedule.challenge_state(phases, now), teams)
            for row, phases, teams in challenges.with_phases()
        ],
        "now": now,
    }
    return render(request, "organise/dashboard.html", content)


@require_POST
@organiser
def requeue(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Retry a submission that failed because of the host."""
    queue.requeue(submissions.find(number), actor=account)
    messages.success(request, f"Submission {number} is back in the queue.")
    return redirect("organise")
