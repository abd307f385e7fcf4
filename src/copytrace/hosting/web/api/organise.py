"""Organisers' actions; each is recorded in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from django.http import FileResponse, HttpResponseRedirect
from ninja import Path, Router, Status
from ninja.pagination import LimitOffsetPagination, paginate

from copytrace.hosting.services import (
    audit,
    challenges,
    clock,
    nominations,
    organising,
    queue,
    rescoring,
    stored_files,
    submissions,
)
from copytrace.hosting.services.submitting import find_place
from copytrace.hosting.services.visibility import BOARDS, scores_visible
from copytrace.hosting.web.api import shown
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.auth import account_of, scope
from copytrace.hosting.web.api.listed import Listed
from copytrace.hosting.web.api.schemas import (
    AllowanceIn,
    AuditOut,
    DeadlineIn,
    DoneOut,
    FinalistIn,
    NominationOut,
    OpeningIn,
    PreviewOut,
    ReasonIn,
    RescoreOut,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from copytrace.hosting.models import AuditEntry, Phase

router = Router(tags=["organisers"])

Id = Annotated[int, Path(ge=1, le=2**31 - 1)]

_PHASE = "/organise/challenges/{slug:slug}/phases/{slug:phase}"


@router.post(f"{_PHASE}/reveal", response=answers(DoneOut), auth=scope("organise"))
def reveal(request: HttpRequest, slug: str, phase: str) -> Any:  # noqa: ANN401 - content
    """Reveal all scores of a phase."""
    organising.reveal(_phase(slug, phase), account_of(request))
    return {"done": f"Revealed the scores of {phase}."}


@router.post(f"{_PHASE}/deadline", response=answers(DoneOut), auth=scope("organise"))
def move_deadline(request: HttpRequest, slug: str, phase: str, body: DeadlineIn) -> Any:  # noqa: ANN401 - content
    """Change when a phase closes, and notify all participants."""
    organising.move_deadline(_phase(slug, phase), body.closes_at, body.reason, account_of(request))
    return {"done": f"{phase} closes at {body.closes_at}."}


@router.post(f"{_PHASE}/opening", response=answers(DoneOut), auth=scope("organise"))
def move_opening(request: HttpRequest, slug: str, phase: str, body: OpeningIn) -> Any:  # noqa: ANN401 - content
    """Change when a phase opens, and notify all participants."""
    organising.move_opening(_phase(slug, phase), body.opens_at, body.reason, account_of(request))
    return {"done": f"{phase} opens at {body.opens_at}."}


@router.post(f"{_PHASE}/allowances", response=answers(DoneOut), auth=scope("organise"))
def grant(request: HttpRequest, slug: str, phase: str, body: AllowanceIn) -> Any:  # noqa: ANN401 - content
    """Grant a team extra attempts."""
    row = _phase(slug, phase)
    organising.grant(
        challenges.find_team(row.challenge, body.team), row, body.extra, body.reason, account_of(request)
    )
    return {"done": f"{body.team} has {body.extra} extra attempts in {phase}."}


@router.post(f"{_PHASE}/rescores", response=answers(RescoreOut, 201), auth=scope("organise"))
def begin_rescore(request: HttpRequest, slug: str, phase: str, body: ReasonIn) -> Any:  # noqa: ANN401 - status, content
    """Start a re-score of a phase. Nothing changes until you apply it."""
    row = rescoring.begin(_phase(slug, phase), body.reason, account_of(request))
    return Status(201, shown.rescore(row, rescoring.progress(row)))


@router.get("/organise/rescores/{rescore_id}", response=answers(RescoreOut), auth=scope("organise"))
def get_rescore(request: HttpRequest, rescore_id: Id) -> Any:  # noqa: ANN401 - a row
    """The progress of a re-score."""
    del request
    row = rescoring.find(rescore_id)
    return shown.rescore(row, rescoring.progress(row))


@router.get("/organise/rescores/{rescore_id}/preview", response=answers(PreviewOut), auth=scope("organise"))
def preview_rescore(request: HttpRequest, rescore_id: Id) -> Any:  # noqa: ANN401 - content
    """Old and new ranks, for boards whose scores are visible."""
    del request
    row = rescoring.find(rescore_id)
    seen = [board for board in BOARDS if scores_visible(row.phase, board, clock.now())]
    changes = [
        {"track": track.slug, "board": board, **vars(change)}
        for track in challenges.tracks(row.phase.challenge)
        for board in seen
        for change in rescoring.preview(row, track, board)
    ]
    return {"changes": changes, "withheld": [board for board in BOARDS if board not in seen]}


@router.post("/organise/rescores/{rescore_id}/apply", response=answers(DoneOut), auth=scope("organise"))
def apply_rescore(request: HttpRequest, rescore_id: Id) -> Any:  # noqa: ANN401 - content
    """Apply a re-score."""
    rescoring.apply(rescoring.find(rescore_id), account_of(request))
    return {"done": f"Applied re-score {rescore_id}."}


@router.post("/organise/rescores/{rescore_id}/reverse", response=answers(DoneOut), auth=scope("organise"))
def reverse_rescore(request: HttpRequest, rescore_id: Id) -> Any:  # noqa: ANN401 - content
    """Reverse a re-score: restore the previous scores."""
    rescoring.reverse(rescoring.find(rescore_id), account_of(request))
    return {"done": f"Reversed re-score {rescore_id}."}


@router.post(
    "/organise/submissions/{submission_id}/requeue", response=answers(DoneOut), auth=scope("organise")
)
def requeue(request: HttpRequest, submission_id: Id) -> Any:  # noqa: ANN401 - content
    """Retry a submission that failed because of the host."""
    queue.requeue(submissions.find(submission_id), actor=account_of(request))
    return {"done": f"Submission {submission_id} is back in the queue."}


@router.put(
    "/organise/challenges/{slug:slug}/tracks/{slug:track}/phases/{slug:phase}/finalists",
    response=answers(DoneOut),
    auth=scope("organise"),
)
def note_finalist(request: HttpRequest, slug: str, track: str, phase: str, body: FinalistIn) -> Any:  # noqa: ANN401
    """Save a finalist's checklist: licence, repository, report, eligibility, or that the team declines."""
    challenge = challenges.find(slug)
    track_row, phase_row = find_place(challenge, track, phase)
    checklist = body.model_dump(exclude={"team"})
    organising.note_finalist(
        challenges.find_team(challenge, body.team), phase_row, track_row, account_of(request), **checklist
    )
    return {"done": f"Saved the checklist of {body.team}."}


@router.get(
    "/organise/challenges/{slug:slug}/nominations", response=list[NominationOut], auth=scope("organise")
)
@paginate(LimitOffsetPagination)
def list_all_nominations(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """The nominated entries of all teams."""
    del request
    return Listed(nominations.of_challenge(challenges.find(slug)), shown.nomination)


@router.get("/organise/nominations/{nomination_id}/archive", response=answers(bytes), auth=scope("organise"))
def get_archive(request: HttpRequest, nomination_id: Id) -> Any:  # noqa: ANN401 - a file
    """Download the uploaded archive of a nominated entry."""
    del request
    row = nominations.archive_of(nomination_id)
    filename = f"entry-{row.pk}"
    if (url := stored_files.storage().url(row.archive, filename)) is not None:
        return HttpResponseRedirect(url)
    return FileResponse(stored_files.open_file(row.archive), as_attachment=True, filename=filename)


@router.get("/organise/challenges/{slug:slug}/audit", response=list[AuditOut], auth=scope("organise"))
@paginate(LimitOffsetPagination)
def list_audit(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """The audit log of a challenge, latest first."""
    del request
    return Listed(audit.entries(challenges.find(slug)), _audit_entry)


def _audit_entry(row: AuditEntry) -> dict[str, Any]:
    names = "id at act subject details"
    return {name: getattr(row, name) for name in names.split()} | {
        "actor": row.actor.username if row.actor else None
    }


def _phase(slug: str, name: str) -> Phase:
    return challenges.find_phase(challenges.find(slug), name)
