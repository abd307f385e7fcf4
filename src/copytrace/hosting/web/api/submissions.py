"""Submissions: submit an upload, then follow it to its score."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from ninja import Path, Router, Status
from ninja.pagination import LimitOffsetPagination, paginate

from copytrace.hosting.services import challenges, participation, submissions, submitting, uploads
from copytrace.hosting.web.api import shown
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.auth import account_of, scope
from copytrace.hosting.web.api.listed import Listed
from copytrace.hosting.web.api.schemas import LogOut, SubmissionIn, SubmissionOut

if TYPE_CHECKING:
    from django.http import HttpRequest

router = Router(tags=["submissions"])

SubmissionId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post(
    "/challenges/{slug:slug}/submissions", response=answers(SubmissionOut, 201), auth=scope("submit")
)
def submit(request: HttpRequest, slug: str, body: SubmissionIn) -> Any:  # noqa: ANN401 - ninja's status and content
    """Submit an upload. It may still be in progress; the submission is received when it completes."""
    account = account_of(request)
    track, phase = submitting.find_place(challenges.find(slug), body.track, body.phase)
    row = submitting.submit(
        account,
        uploads.find(account, body.upload),
        track,
        phase,
        entry=body.entry,
        attested=body.attest,
        queries_only=body.queries_only,
        reason=body.reason,
        code_sha256=body.code_sha256,
        weights_sha256=body.weights_sha256,
    )
    return Status(201, shown.submission(row))


@router.get("/challenges/{slug:slug}/submissions", response=list[SubmissionOut], auth=scope("read"))
@paginate(LimitOffsetPagination)
def list_submissions(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """Your team's submissions, latest first."""
    team = participation.team_of(challenges.find(slug), account_of(request))
    return Listed(submissions.of_team(team), partial(shown.submission, queued=False))


@router.get("/submissions/{submission_id}", response=answers(SubmissionOut), auth=scope("read"))
def get_submission(request: HttpRequest, submission_id: SubmissionId) -> Any:  # noqa: ANN401 - a row
    """A submission, with its queue position or scoring progress."""
    return shown.submission(submitting.require_mine(account_of(request), submission_id))


@router.get("/submissions/{submission_id}/log", response=answers(LogOut), auth=scope("read"))
def get_log(request: HttpRequest, submission_id: SubmissionId) -> Any:  # noqa: ANN401 - lines
    """The log of a submission."""
    row = submitting.require_mine(account_of(request), submission_id)
    return {"lines": submissions.log_of(row)}
