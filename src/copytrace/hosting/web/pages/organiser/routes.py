"""The table of the organisers' addresses."""

from __future__ import annotations

from django.urls import path

from copytrace.hosting.web.pages.organiser import (
    announcements,
    challenge,
    dashboard,
    dates,
    participants,
    prizes,
    records,
    rescores,
    revealing,
)

_CHALLENGE = "challenges/<slug:slug>/"
_PHASE = f"{_CHALLENGE}phases/<slug:phase>/"

urlpatterns = [
    path("", dashboard.show, name="organise"),
    path("submissions/<int:number>/requeue/", dashboard.requeue, name="organise-requeue"),
    path(_CHALLENGE, challenge.show, name="organise-challenge"),
    path(f"{_PHASE}closing/", dates.closing, name="organise-closing"),
    path(f"{_PHASE}opening/", dates.opening, name="organise-opening"),
    path(f"{_PHASE}reveal/", revealing.reveal, name="organise-reveal"),
    path(f"{_PHASE}rescores/", rescores.rescores, name="organise-rescores"),
    path("rescores/<int:number>/", rescores.rescore, name="organise-rescore"),
    path(f"{_CHALLENGE}announcements/", announcements.announce, name="organise-announcements"),
    path("announcements/<int:number>/withdraw/", announcements.withdraw, name="organise-withdraw"),
    path(f"{_CHALLENGE}participants/", participants.participants, name="organise-participants"),
    path("teams/<int:number>/", participants.team, name="organise-team"),
    path("teams/<int:number>/standing/", participants.standing, name="organise-standing"),
    path("teams/<int:number>/submission/", participants.single, name="organise-single"),
    path("teams/<int:number>/attempts/", participants.attempts, name="organise-attempts"),
    path(f"{_CHALLENGE}prizes/", prizes.prizes, name="organise-prizes"),
    path("teams/<int:number>/prizes/<slug:phase>/<slug:track>/", prizes.finalist, name="organise-finalist"),
    path(f"{_CHALLENGE}audit/", records.audit_log, name="organise-audit"),
    path(f"{_CHALLENGE}exports/<slug:name>.csv", records.table, name="organise-export"),
]
