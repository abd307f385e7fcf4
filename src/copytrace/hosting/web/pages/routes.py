"""The table of the pages' addresses."""

from __future__ import annotations

from django.urls import include, path

from copytrace.hosting.web.pages import home, texts

_CHALLENGE = "challenges/<slug:slug>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("organise/", include("copytrace.hosting.web.pages.organiser.routes")),
    path(_CHALLENGE, texts.overview, name="challenge-overview"),
    path(f"{_CHALLENGE}rules/", texts.rules, name="challenge-rules"),
    path(f"{_CHALLENGE}prizes/", texts.prizes, name="challenge-prizes"),
    path(f"{_CHALLENGE}faq/", texts.faq, name="challenge-faq"),
]
