"""What all pages about one challenge share: its name and its tabs."""

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
    """The page of a template that extends `organise/layout.html`.

    Args:
        request: what was asked.
        challenge: whose page it is.
        template: below `organise/`.
        tab: the one that is shown, or that the page belongs to.
        content: what the template needs besides `challenge`, `tabs` and `now`.
    """
    tabs = [
        Tab(name, title, reverse(name, args=[challenge.slug]), current=name == tab) for name, title in TABS
    ]
    frame = {"challenge": challenge, "tabs": tabs, "now": clock.now()}
    return render(request, f"organise/{template}", frame | content)


def query_of(**asked: str) -> str:
    """What a list was asked for, as `parts/pager.html` needs it before the number of the page."""
    given = {name: value for name, value in asked.items() if value}
    return f"{urlencode(given)}&" if given else ""
