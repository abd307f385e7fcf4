"""Workers on other machines: they claim runs, renew leases and report results as the site's own workers do."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Annotated, Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from ninja import Header, Path, Router

from copytrace.hosting.services import outcomes, queue, remote_work, stored_files
from copytrace.hosting.services.problems import Unusable
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.auth import WorkToken
from copytrace.hosting.web.api.schemas import ClaimIn, ClaimOut, GiveBackIn, HeartbeatIn, HeldOut, OutcomeIn

if TYPE_CHECKING:
    from django.http import HttpRequest

router = Router(tags=["workers"])

RunId = Annotated[int, Path(ge=1, le=2**31 - 1)]

LARGEST_PIECE = 8 << 20
"""Maximum bytes per response."""

_AUTH = [WorkToken()]
_RUN = "/work/runs/{run_id}"
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})")


@router.post("/work/claims", response=answers(ClaimOut), auth=_AUTH)
def claim(request: HttpRequest, body: ClaimIn) -> Any:  # noqa: ANN401 - a run
    """Claim the next run, if one is waiting. The lease must be renewed."""
    del request
    run = remote_work.claim(body.worker, body.version)
    if run is None:
        return {"run": None}
    files = remote_work.described(run)
    if files is None:
        return {"run": None}
    about = {
        "id": run.pk,
        "token": run.token,
        "attempt": run.attempt,
        "truth_version": run.submission.phase.truth_version,
        "heartbeat_seconds": settings.HEARTBEAT_SECONDS,
        "child_seconds": settings.CHILD_SECONDS,
    }
    return {"run": about | files}


@router.post(f"{_RUN}/heartbeats", response=answers(HeldOut), auth=_AUTH)
def heartbeat(request: HttpRequest, run_id: RunId, body: HeartbeatIn) -> Any:  # noqa: ANN401 - content
    """Renew the lease and report progress."""
    del request
    run = remote_work.held(run_id, body.token)
    return {"held": queue.heartbeat(run, body.share_done, body.seconds_left)}


@router.post(f"{_RUN}/outcome", response=answers(HeldOut), auth=_AUTH)
def settle(request: HttpRequest, run_id: RunId, body: OutcomeIn) -> Any:  # noqa: ANN401 - content
    """Report the result of a run. A worker that has lost the run changes nothing."""
    del request
    run = remote_work.held(run_id, body.token)
    outcome: dict[str, Any] = {"faults": body.faults, "facts": body.facts}
    if body.problem is not None:
        outcome = {"problem": body.problem}
    elif body.measures is not None:
        outcome = {
            "measures": body.measures.dict(),
            "plots": body.plots,
            "replicates": body.replicates.dict(),
        }
    kept = outcomes.settle(
        run, outcome, truth_version=body.truth_version, seconds=body.seconds, machine=body.machine
    )
    return {"held": kept}


@router.post(f"{_RUN}/return", response=answers(HeldOut), auth=_AUTH)
def give_back(request: HttpRequest, run_id: RunId, body: GiveBackIn) -> Any:  # noqa: ANN401 - content
    """Return a run to the queue. The attempt does not count."""
    del request
    return {"held": queue.give_back(remote_work.held(run_id, body.token), body.problem, counts=False)}


@router.get(f"{_RUN}/files", auth=_AUTH)
def get_piece(
    request: HttpRequest,
    run_id: RunId,
    name: str,
    run_token: Annotated[str, Header(alias="X-Run-Token")] = "",
) -> HttpResponse:
    """A piece of a file that a run needs: `Range: bytes=FIRST-LAST`, at most 8 MiB. The response has its digest.

    If the site stores its files in a bucket, the response redirects there; the bucket accepts the same `Range`.
    """
    remote_work.require_file(remote_work.held(run_id, run_token), name)
    if (url := stored_files.storage().url(name)) is not None:
        return HttpResponseRedirect(url)
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or int(asked[2]) < int(asked[1]):
        raise Unusable("Request a piece of the file with the header Range: bytes=FIRST-LAST")
    first, last = int(asked[1]), min(int(asked[2]), int(asked[1]) + LARGEST_PIECE - 1)
    with stored_files.open_file(name) as file:
        size = file.seek(0, 2)
        file.seek(first)
        piece = file.read(last + 1 - first)
    answer = HttpResponse(piece, status=206, content_type="application/octet-stream")
    answer.headers["Content-Range"] = f"bytes {first}-{first + len(piece) - 1}/{size}"
    answer.headers["Content-Digest"] = f"sha-256=:{b64encode(hashlib.sha256(piece).digest()).decode()}:"
    return answer
