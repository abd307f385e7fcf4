"""What all organisers' pages of a challenge share: its name and tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse

from copytrace.hosting.services import clock
from copytrace.hosting.web.pages.frame import Tab

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Challenge

TABS = (
    ("organise-challenge", "Phases"),
    ("organise-announcements", "Announcements"),
    ("organise-participants", "Participants"),
    ("organise-prizes", "Prizes"),
    ("organise-audit", "Audit log"),
)


def draw(
    request: HttpRequest,
    challenge: Challenge,
    template: str,
    tab: str = "",
    **content: Any,  # noqa: ANN401 - what the template needs
) -> HttpResponse:
    """Render a template that extends `organise/layout.html`.

    Args:
        request: the request.
        challenge: the challenge.
        template: below `organise/`.
        tab: the current tab, or the one that the page belongs to.
        content: the template's context besides `challenge`, `tabs` and `now`.
    """
    tabs = [
        Tab(name, title, reverse(name, args=[challenge.slug]), current=name == tab) for name, title in TABS
    ]
    frame = {"challenge": challenge, "tabs": tabs, "now": clock.now()}
    return render(request, f"organise/{template}", frame | content)


def query_of(**asked: str) -> str:
    """The query of a filtered list, which `parts/pager.html` puts in front of the page number."""
    given = {name: value for name, value in asked.items() if value}
    return f"{urlencode(given)}&" if given else ""
