"""Teams and frozen entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ninja import Router, Status

from copytrace.hosting.services import challenges, nominations, participation, uploads
from copytrace.hosting.services.problems import NotFound
from copytrace.hosting.services.submitting import require_mine
from copytrace.hosting.web.api import shown
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.auth import account_of, scope
from copytrace.hosting.web.api.schemas import (
    DoneOut,
    MemberIn,
    Name,
    NominationIn,
    NominationOut,
    TeamIn,
    TeamOut,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

router = Router(tags=["teams"])


@router.post("/challenges/{slug:slug}/team", response=answers(TeamOut, 201), auth=scope("submit"))
def found_team(request: HttpRequest, slug: str, body: TeamIn) -> Any:  # noqa: ANN401 - ninja's status and content
    """Create a team."""
    return Status(
        201, shown.team(participation.found_team(challenges.find(slug), account_of(request), body.name))
    )


@router.get("/challenges/{slug:slug}/team", response=answers(TeamOut), auth=scope("read"))
def my_team(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - a row
    """Your team and its remaining attempts."""
    return shown.team(participation.team_of(challenges.find(slug), account_of(request)))


@router.post("/challenges/{slug:slug}/team/invitations", response=answers(TeamOut, 201), auth=scope("submit"))
def invite(request: HttpRequest, slug: str, body: MemberIn) -> Any:  # noqa: ANN401 - ninja's status and content
    """Invite a participant to your team."""
    account = account_of(request)
    team = participation.team_of(challenges.find(slug), account)
    participation.invite(team, account, body.username)
    return Status(201, shown.team(team))


@router.post("/challenges/{slug:slug}/team/acceptance", response=answers(TeamOut, 201), auth=scope("submit"))
def accept(request: HttpRequest, slug: str, body: TeamIn) -> Any:  # noqa: ANN401 - ninja's status and content
    """Accept a team's invitation."""
    return Status(
        201, shown.team(participation.accept(challenges.find(slug), account_of(request), body.name))
    )


@router.delete(
    "/challenges/{slug:slug}/team/members/{username}", response=answers(DoneOut), auth=scope("submit")
)
def leave(request: HttpRequest, slug: str, username: Name) -> Any:  # noqa: ANN401 - content
    """Leave the team, or, as its leader, remove a member."""
    account = account_of(request)
    participation.leave(participation.team_of(challenges.find(slug), account), account, username)
    return {"done": f"{username} has left the team."}


@router.post(
    "/challenges/{slug:slug}/nominations", response=answers(NominationOut, 201), auth=scope("submit")
)
def nominate(request: HttpRequest, slug: str, body: NominationIn) -> Any:  # noqa: ANN401 - ninja's status and content
    """Nominate a scored submission: its code and model are frozen for the next phase."""
    account = account_of(request)
    submission = require_mine(account, body.submission)
    if submission.team.challenge_id != challenges.find(slug).pk:
        raise NotFound(f"Submission {submission.pk} belongs to another challenge.")
    row = nominations.nominate(
        account,
        submission,
        label=body.label,
        code_sha256=body.code_sha256,
        weights_sha256=body.weights_sha256,
        archive=uploads.find(account, body.archive) if body.archive else None,
    )
    return Status(201, shown.nomination(row))


@router.get("/challenges/{slug:slug}/nominations", response=answers(list[NominationOut]), auth=scope("read"))
def list_nominations(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """Your team's nominated entries."""
    team = participation.team_of(challenges.find(slug), account_of(request))
    return [shown.nomination(row) for row in nominations.of_team(team)]
