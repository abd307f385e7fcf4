"""Oversight for organisers: site status, participants, disqualification, and tables to download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ninja import Router
from ninja.pagination import LimitOffsetPagination, paginate

from copytrace.hosting.services import challenges, dashboard, disqualifying, exports, members
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.auth import account_of, scope
from copytrace.hosting.web.api.listed import Listed
from copytrace.hosting.web.api.schemas import DashboardOut, DoneOut, ListedParticipantOut, StandingIn
from copytrace.hosting.web.csv_file import csv_file

if TYPE_CHECKING:
    from django.http import HttpRequest, StreamingHttpResponse

    from copytrace.hosting.models import Participant, ScoringRun, Submission, Team

router = Router(tags=["organisers"])

_CHALLENGE = "/organise/challenges/{slug:slug}"


@router.get("/organise/dashboard", response=answers(DashboardOut), auth=scope("organise"))
def get_dashboard(request: HttpRequest) -> Any:  # noqa: ANN401 - content
    """Site status: queue, failures, uploads, disk space and e-mails."""
    del request
    queue = dashboard.queue()
    return {
        "queue": vars(queue) | {"running": [_running(run) for run in queue.running]},
        "failures": [_failure(found) for found in dashboard.failures()],
        "failed": dashboard.count_failures(),
        "uploads": vars(dashboard.uploads()),
        "disk": vars(dashboard.disk()),
        "post": vars(dashboard.post()),
    }


@router.get(f"{_CHALLENGE}/participants", response=list[ListedParticipantOut], auth=scope("organise"))
@paginate(LimitOffsetPagination)
def list_participants(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """The participants, latest first."""
    del request
    return Listed(members.participants(challenges.find(slug)), _participant)


@router.post(f"{_CHALLENGE}/disqualifications", response=answers(DoneOut), auth=scope("organise"))
def disqualify(request: HttpRequest, slug: str, body: StandingIn) -> Any:  # noqa: ANN401 - content
    """Disqualify a team, or one of its submissions. The team gets an e-mail with the reason."""
    row = _found(slug, body)
    disqualifying.disqualify(row, body.reason, account_of(request))
    return {"done": f"{disqualifying.name_of(row)} is disqualified."}


@router.post(f"{_CHALLENGE}/reinstatements", response=answers(DoneOut), auth=scope("organise"))
def reinstate(request: HttpRequest, slug: str, body: StandingIn) -> Any:  # noqa: ANN401 - content
    """Reinstate a disqualified team or submission."""
    row = _found(slug, body)
    disqualifying.reinstate(row, body.reason, account_of(request))
    return {"done": f"{disqualifying.name_of(row)} is reinstated."}


@router.get(f"{_CHALLENGE}/exports/{{name}}.csv", auth=scope("organise"))
def export(request: HttpRequest, slug: str, name: str) -> StreamingHttpResponse:
    """Download a table as CSV: participants, submissions or audit."""
    return csv_file(exports.export(challenges.find(slug), name, account_of(request)), f"{slug}-{name}")


def _found(slug: str, body: StandingIn) -> Team | Submission:
    team = challenges.find_team(challenges.find(slug), body.team)
    if body.submission is None:
        return team
    return disqualifying.submission_of(team, body.submission)


def _running(run: ScoringRun) -> dict[str, Any]:
    names = "submission_id stage attempt worker started_at share_done seconds_left"
    return {name: getattr(run, name) for name in names.split()} | {"rescore": run.rescore_id is not None}


def _failure(failure: dashboard.Failure) -> dict[str, Any]:
    row = failure.submission
    return {
        "submission_id": row.pk,
        "team": row.team.name,
        "challenge": row.phase.challenge.slug,
        "phase": row.phase.slug,
        "track": row.track.slug,
        "failed_at": row.state_at,
        "log": failure.log,
    }


def _participant(row: Participant) -> dict[str, Any]:
    names = "country of_age rules_version accepted_at leads"
    return {name: getattr(row, name) for name in names.split()} | {
        "username": row.account.username,
        "email": row.account.email,
        "team": row.team.name if row.team else None,
        "disqualified": bool(row.team and row.team.disqualified_at),
    }
