"""One submission: its live state, measures, plots, runs and log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from copytrace.hosting.services import clock, estimate, nominations, queue, submissions
from copytrace.hosting.services.problems import NotFound, Problem
from copytrace.hosting.services.states import State
from copytrace.hosting.services.submitting import require_mine
from copytrace.hosting.services.visibility import BOARDS, scores_visible
from copytrace.hosting.web.pages.frame import frame
from copytrace.hosting.web.pages.guards import team_member
from copytrace.reports.plots import precision_recall, score_histogram

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Challenge, Participant, ScoringRun, Submission, Team
    from copytrace.hosting.services.visibility import Board

STEPS = (
    ("uploading", "Uploading"),
    ("received", "Received"),
    ("checking", "Checking"),
    ("queued", "Queued"),
    ("scoring", "Scoring"),
    ("scored", "Scored"),
)
ENDED = {State.SCORED, State.REFUSED, State.FAILED}
MOST_OTHERS = 12


@dataclass(frozen=True)
class Step:
    """A step towards a score: `done`, `now`, `later`, or the outcome, `good` or `bad`."""

    title: str
    state: str

    @property
    def current(self) -> bool:
        """Whether the submission is at this step."""
        return self.state in {"now", "good", "bad"}


class NominationForm(forms.Form):
    """What to freeze together with a submission."""

    label = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$",
        label="Label",
        help_text="A name for this model, such as <code>model-a</code>.",
        error_messages={"invalid": "Use up to 60 letters, digits, dots, dashes and underscores."},
    )
    code_sha256 = forms.RegexField(
        r"^[0-9a-f]{64}$",
        label="SHA-256 of the code archive",
        help_text="<code>sha256sum code.zip</code>",
        error_messages={"invalid": "Enter 64 hexadecimal digits, as printed by sha256sum."},
    )
    weights_sha256 = forms.RegexField(
        r"^[0-9a-f]{64}$",
        label="SHA-256 of the weights",
        help_text="<code>sha256sum model.onnx</code>",
        error_messages={"invalid": "Enter 64 hexadecimal digits, as printed by sha256sum."},
    )


@require_safe
@team_member
def submission(
    request: HttpRequest, challenge: Challenge, me: Participant, team: Team, submission_id: int
) -> HttpResponse:
    """The whole page."""
    del team
    row = _mine(challenge, me, submission_id)
    return _page(request, challenge, row, form=NominationForm())


@require_safe
@team_member
def live(
    request: HttpRequest, challenge: Challenge, me: Participant, team: Team, submission_id: int
) -> HttpResponse:
    """The part that changes during the check and scoring; at the end, the page reloads."""
    del team
    row = _mine(challenge, me, submission_id)
    answer = render(request, "challenge/submission_live.html", _state(row) | {"challenge": challenge})
    if row.state in ENDED:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_http_methods(["POST"])
@team_member
def nominate(
    request: HttpRequest, challenge: Challenge, me: Participant, team: Team, submission_id: int
) -> HttpResponse:
    """Freeze the code and model of a scored submission for the next phase."""
    del team
    row = _mine(challenge, me, submission_id)
    form = NominationForm(request.POST)
    if form.is_valid():
        try:
            nominations.nominate(me.account, row, **form.cleaned_data)
        except Problem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"Submission {row.pk} is nominated as {form.cleaned_data['label']}.")
            return redirect("challenge-submission", challenge.slug, row.pk)
    return _page(request, challenge, row, form=form, status=422)


def _mine(challenge: Challenge, me: Participant, submission_id: int) -> Submission:
    row = require_mine(me.account, submission_id)
    if row.phase.challenge_id != challenge.pk:
        raise NotFound(f"Your team has no submission {submission_id} in {challenge.title}.")
    return row


def _page(
    request: HttpRequest,
    challenge: Challenge,
    row: Submission,
    *,
    form: NominationForm,
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    content = frame(request, challenge, "submissions") | _state(row)
    content |= {
        "boards": _boards(row, now),
        "plots": _plots(row, now),
        "runs": _runs(row, now),
        "log": submissions.log_of(row),
        "others": _others(row, now),
        "freezes_for": nominations.freezes_for(row),
        "form": form,
        "is_uploader": row.account == request.user,
    }
    return render(request, "challenge/submission.html", content, status=status)


def _state(row: Submission) -> dict[str, Any]:
    """The state of the submission: steps, place in the queue, estimated start, share scored."""
    run = submissions.first_run(row)
    place = queue.position(run) if run and run.state == queue.Run.WAITING else None
    return {
        "row": row,
        "run": run,
        "steps": _steps(row),
        "place": place,
        "starts_at": estimate.starts_at(place, clock.now()) if place else None,
        "share": round(100 * run.share_done) if run and row.state == State.SCORING else None,
        "ended": row.state in ENDED,
        "sent": round(100 * row.upload.offset / max(1, row.upload.size)) if row.upload else None,
        "now": clock.now(),
        "seen": scores_visible(row.phase, "public", clock.now()),
    }


def _steps(row: Submission) -> list[Step]:
    names = [name for name, _ in STEPS]
    if row.state in names:
        at = names.index(row.state)
        here = "good" if row.state == State.SCORED else "now"
        return [
            Step(title, "done" if index < at else "later" if index > at else here)
            for index, (_, title) in enumerate(STEPS)
        ]
    # Refused by the check or at the end of the upload; a host error can come at any step.
    if row.state == State.REFUSED:
        done = STEPS[:2] if row.received_at else STEPS[:1]
        return [*(Step(title, "done") for _, title in done), Step("Refused", "bad")]
    return [*(Step(title, "done") for _, title in STEPS[:2]), Step("Failed", "bad")]


def _boards(row: Submission, now: datetime) -> list[tuple[Board, dict[str, Any]]]:
    """The measures of each visible board; only one board if both use the same queries."""
    run = row.current_run
    if run is None:
        return []
    found = [
        (board, measures)
        for board in BOARDS
        if scores_visible(row.phase, board, now) and (measures := getattr(run, f"{board}_measures"))
    ]
    same = len(found) == len(BOARDS) and row.phase.truth_public == row.phase.truth_private
    return found[:1] if same else found


def _plots(row: Submission, now: datetime) -> dict[str, Any]:
    run = row.current_run
    if run is None or not scores_visible(row.phase, "public", now):
        return {}
    kept, measures = run.public_plots, run.public_measures
    if not kept or not measures:
        return {}
    recall, threshold = measures["recall_at_p90"], measures["threshold_at_p90"]
    curve = precision_recall(kept["recall"], kept["precision"], measures["micro_ap"], recall)
    histogram = score_histogram(kept["edges"], kept["right"], kept["wrong"], threshold)
    return {
        "curve": curve.svg(),
        "histogram": histogram.svg(),
        "recall": recall,
        "right": sum(kept["right"]),
        "wrong": sum(kept["wrong"]),
        # The outermost bins hold everything beyond them, where no line can be drawn.
        "threshold_shown": threshold is not None and kept["edges"][0] <= threshold <= kept["edges"][-1],
    }


def _runs(row: Submission, now: datetime) -> list[dict[str, Any]]:
    """Its runs; only visible scores, and only of runs that count or have counted."""
    seen = scores_visible(row.phase, "public", now)
    return [
        {
            "row": run,
            "current": run.pk == row.current_run_id,
            "score": run.public_score if seen and _may_tell(run) else None,
            "why": _why(run),
        }
        for run in submissions.runs_of(row)
    ]


def _may_tell(run: ScoringRun) -> bool:
    """Whether the team may see the run's score: organisers review a re-score before it is applied."""
    return run.rescore is None or run.rescore.applied_at is not None


def _why(run: ScoringRun) -> str:
    if run.rescore is None:
        return "original"
    if run.rescore.reversed_at:
        return "re-score, reversed"
    return "re-score" if run.rescore.applied_at else "re-score, not applied"


def _others(row: Submission, now: datetime) -> list[tuple[Submission, float | None]]:
    """The team's latest other submissions to the same track and phase."""
    seen = scores_visible(row.phase, "public", now)
    return [
        (other, other.current_run.public_score if seen and other.current_run else None)
        for other in submissions.others_of(row, MOST_OTHERS)
    ]
