"""The audit log, and tables to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.views.decorators.http import require_safe

from copytrace.hosting.services import audit, challenges
from copytrace.hosting.services.exports import export
from copytrace.hosting.web.csv_file import csv_file
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.layout import draw, query_of
from copytrace.hosting.web.pages.organiser.undoing import with_undo

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

    from copytrace.hosting.models import Account

TAB = "organise-audit"
A_PAGE = 50


@require_safe
@organiser
def audit_log(request: HttpRequest, _: Account, slug: str) -> HttpResponse:
    """The audit log, latest first; everything, people's actions only, or one kind of action."""
    challenge = challenges.find(slug)
    who, act = request.GET.get("who", ""), request.GET.get("act", "")[:60]
    rows = audit.entries(challenge, of_organisers=who == "organisers", act=act)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    acts = audit.acts(challenge)
    content = {"page": page, "entries": with_undo(page), "who": who, "act": act, "acts": acts}
    content["query"] = query_of(who=who, act=act)
    return draw(request, challenge, "audit.html", TAB, **content)


@require_safe
@organiser
def table(request: HttpRequest, account: Account, slug: str, name: str) -> StreamingHttpResponse:
    """A table as CSV."""
    del request
    return csv_file(export(challenges.find(slug), name, account), f"{slug}-{name}")
