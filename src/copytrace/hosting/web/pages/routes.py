"""The table of the pages' addresses."""

from __future__ import annotations

from django.urls import include, path

from copytrace.hosting.web.pages import (
    data,
    home,
    joining,
    leaderboard,
    submission,
    submissions,
    submit,
    team,
    texts,
    tokens,
)

_CHALLENGE = "challenges/<slug:slug>/"
_BOARD = f"{_CHALLENGE}leaderboard/<slug:track>/<slug:phase>/"
_SUBMISSION = f"{_CHALLENGE}submissions/<int:submission_id>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("accounts/tokens/", tokens.show, name="account-tokens"),
    path("accounts/tokens/<int:number>/revoke/", tokens.revoke, name="account-token-revoke"),
    path("organise/", include("copytrace.hosting.web.pages.organiser.routes")),
    path(_CHALLENGE, texts.overview, name="challenge-overview"),
    path(f"{_CHALLENGE}data/", data.data, name="challenge-data"),
    path(f"{_CHALLENGE}data/<slug:dataset>/SHA256SUMS", data.checksums, name="challenge-checksums"),
    path(f"{_CHALLENGE}rules/", texts.rules, name="challenge-rules"),
    path(f"{_CHALLENGE}prizes/", texts.prizes, name="challenge-prizes"),
    path(f"{_CHALLENGE}faq/", texts.faq, name="challenge-faq"),
    path(f"{_CHALLENGE}join/", joining.join, name="challenge-join"),
    path(f"{_CHALLENGE}team/", team.team, name="challenge-team"),
    path(f"{_CHALLENGE}team/link/", team.link, name="challenge-team-link"),
    path(f"{_CHALLENGE}team/accept/", team.accept, name="challenge-team-accept"),
    path(f"{_CHALLENGE}team/leave/", team.leave, name="challenge-team-leave"),
    path(f"{_CHALLENGE}invitation/<str:secret>/", team.invitation, name="challenge-invitation"),
    path(f"{_CHALLENGE}submit/", submit.choose, name="challenge-submit"),
    path(f"{_CHALLENGE}submit/<slug:track>/<slug:phase>/", submit.submit, name="challenge-submit-to"),
    path(f"{_CHALLENGE}submissions/", submissions.submissions, name="challenge-submissions"),
    path(_SUBMISSION, submission.submission, name="challenge-submission"),
    path(f"{_SUBMISSION}live/", submission.live, name="challenge-submission-live"),
    path(f"{_SUBMISSION}nominate/", submission.nominate, name="challenge-nominate"),
    path(f"{_CHALLENGE}leaderboard/", leaderboard.leaderboards, name="challenge-leaderboard"),
    path(_BOARD, leaderboard.leaderboard, name="challenge-board"),
    path(f"{_BOARD}places.<slug:form>", leaderboard.table, name="challenge-board-table"),
]
