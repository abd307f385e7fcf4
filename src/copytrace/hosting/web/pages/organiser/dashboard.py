"""How the site is doing: queue, failures, uploads, disk, e-mail, and the challenges to look after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from copytrace.hosting.models import Challenge, Submission
from copytrace.hosting.services import checks, clock, dashboard, queue, schedule
from copytrace.hosting.services.problems import NotFound
from copytrace.hosting.web.pages.guards import organiser

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account


@require_safe
@organiser
def show(request: HttpRequest, _: Account) -> HttpResponse:
    """Everything at a glance; the page asks for itself again every few seconds."""
    now = clock.now()
    rows = (
        Challenge.objects.annotate(team_count=Count("teams"))
        .prefetch_related("phases")
        .order_by("-ends_at", "pk")
    )
    challenges = [(row, schedule.challenge_state(list(row.phases.all()), now)) for row in rows]
    content = {
        "queue": dashboard.queue(),
        "failed": dashboard.count_failures(),
        "failures": dashboard.failures(),
        "uploads": dashboard.uploads(),
        "disk": dashboard.disk(),
        "post": dashboard.post(),
        "faults": checks.faults(),
        "challenges": challenges,
        "now": now,
    }
    return render(request, "organise/dashboard.html", content)


@require_POST
@organiser
def requeue(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Give a submission that failed through the platform another try."""
    row = Submission.objects.filter(pk=number).first()
    if row is None:
        raise NotFound(f"There is no submission {number}.")
    queue.requeue(row, actor=account)
    messages.success(request, f"Submission {number} waits again.")
    return redirect("organise")
