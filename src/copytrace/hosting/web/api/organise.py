"""What organisers do; every act is in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from django.http import FileResponse
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
    submissions,
)
from copytrace.hosting.services.stored_files import place
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
    """Let all scores of a phase be seen."""
    organising.reveal(_phase(slug, phase), account_of(request))
    return {"done": f"the scores of {phase} are revealed"}


@router.post(f"{_PHASE}/deadline", response=answers(DoneOut), auth=scope("organise"))
def move_deadline(request: HttpRequest, slug: str, phase: str, body: DeadlineIn) -> Any:  # noqa: ANN401 - content
    """Close a phase at another time; all participants are written to."""
    organising.move_deadline(_phase(slug, phase), body.closes_at, body.reason, account_of(request))
    return {"done": f"{phase} closes at {body.closes_at}"}


@router.post(f"{_PHASE}/opening", response=answers(DoneOut), auth=scope("organise"))
def move_opening(request: HttpRequest, slug: str, phase: str, body: OpeningIn) -> Any:  # noqa: ANN401 - content
    """Open a phase at another time; all participants are written to."""
    organising.move_opening(_phase(slug, phase), body.opens_at, body.reason, account_of(request))
    return {"done": f"{phase} opens at {body.opens_at}"}


@router.post(f"{_PHASE}/allowances", response=answers(DoneOut), auth=scope("organise"))
def grant(request: HttpRequest, slug: str, phase: str, body: AllowanceIn) -> Any:  # noqa: ANN401 - content
    """Give a team attempts beyond the limits."""
    row = _phase(slug, phase)
    organising.grant(
        challenges.find_team(row.challenge, body.team), row, body.extra, body.reason, account_of(request)
    )
    return {"done": f"{body.team} has {body.extra} more attempts in {phase}"}


@router.post(f"{_PHASE}/rescores", response=answers(RescoreOut, 201), auth=scope("organise"))
def begin_rescore(request: HttpRequest, slug: str, phase: str, body: ReasonIn) -> Any:  # noqa: ANN401 - status, content
    """Score all of a phase again; nothing changes until it is applied."""
    row = rescoring.begin(_phase(slug, phase), body.reason, account_of(request))
    return Status(201, shown.rescore(row, rescoring.progress(row)))


@router.get("/organise/rescores/{rescore_id}", response=answers(RescoreOut), auth=scope("organise"))
def get_rescore(request: HttpRequest, rescore_id: Id) -> Any:  # noqa: ANN401 - a row
    """How far a re-score is."""
    del request
    row = rescoring.find(rescore_id)
    return shown.rescore(row, rescoring.progress(row))


@router.get("/organise/rescores/{rescore_id}/preview", response=answers(PreviewOut), auth=scope("organise"))
def preview_rescore(request: HttpRequest, rescore_id: Id) -> Any:  # noqa: ANN401 - content
    """Old and new ranks, of the boards whose scores may be seen."""
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
    """Let the new scores count."""
    rescoring.apply(rescoring.find(rescore_id), account_of(request))
    return {"done": f"re-score {rescore_id} is applied"}


@router.post("/organise/rescores/{rescore_id}/reverse", response=answers(DoneOut), auth=scope("organise"))
def reverse_rescore(request: HttpRequest, rescore_id: Id) -> Any:  # noqa: ANN401 - content
    """Let the scores count that counted before."""
    rescoring.reverse(rescoring.find(rescore_id), account_of(request))
    return {"done": f"re-score {rescore_id} is reversed"}


@router.post(
    "/organise/submissions/{submission_id}/requeue", response=answers(DoneOut), auth=scope("organise")
)
def requeue(request: HttpRequest, submission_id: Id) -> Any:  # noqa: ANN401 - content
    """Give a submission that failed through the platform another try."""
    queue.requeue(submissions.find(submission_id), actor=account_of(request))
    return {"done": f"submission {submission_id} waits again"}


@router.put(
    "/organise/challenges/{slug:slug}/tracks/{slug:track}/phases/{slug:phase}/finalists",
    response=answers(DoneOut),
    auth=scope("organise"),
)
def note_finalist(request: HttpRequest, slug: str, track: str, phase: str, body: FinalistIn) -> Any:  # noqa: ANN401
    """Keep a finalist's checklist: licence, repository, report, eligibility, or that it declines."""
    challenge = challenges.find(slug)
    track_row, phase_row = find_place(challenge, track, phase)
    checklist = body.model_dump(exclude={"team"})
    organising.note_finalist(
        challenges.find_team(challenge, body.team), phase_row, track_row, account_of(request), **checklist
    )
    return {"done": f"the checklist of {body.team} is kept"}


@router.get(
    "/organise/challenges/{slug:slug}/nominations", response=list[NominationOut], auth=scope("organise")
)
@paginate(LimitOffsetPagination)
def list_all_nominations(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """The frozen entries of all teams."""
    del request
    return Listed(nominations.of_challenge(challenges.find(slug)), shown.nomination)


@router.get("/organise/nominations/{nomination_id}/archive", response=answers(bytes), auth=scope("organise"))
def get_archive(request: HttpRequest, nomination_id: Id) -> Any:  # noqa: ANN401 - a file
    """The archive of code and weights of a frozen entry, as it was uploaded."""
    del request
    row = nominations.archive_of(nomination_id)
    return FileResponse(place(row.archive).open("rb"), as_attachment=True, filename=f"entry-{row.pk}")


@router.get("/organise/challenges/{slug:slug}/audit", response=list[AuditOut], auth=scope("organise"))
@paginate(LimitOffsetPagination)
def list_audit(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """The audit log of a challenge, the latest first."""
    del request
    return Listed(audit.entries(challenges.find(slug)), _audit_entry)


def _audit_entry(row: AuditEntry) -> dict[str, Any]:
    names = "id at act subject details"
    return {name: getattr(row, name) for name in names.split()} | {
        "actor": row.actor.username if row.actor else None
    }


def _phase(slug: str, name: str) -> Phase:
    return challenges.find_phase(challenges.find(slug), name)
