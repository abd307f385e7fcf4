"""Starts re-scores of a phase, previews their changes, and applies or reverses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from copytrace.hosting.services import challenges, clock, rescoring
from copytrace.hosting.services.visibility import BOARDS, scores_visible
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.confirming import Question, ask, confirmed, done
from copytrace.hosting.web.pages.organiser.forms import ReasonForm
from copytrace.hosting.web.pages.organiser.layout import draw

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account, Rescore, Track
    from copytrace.hosting.services.visibility import Board

TAB = "organise-challenge"
MOST_SHOWN = 100
"""Maximum number of changes of rank to list in a preview; all are counted."""


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def rescores(request: HttpRequest, account: Account, slug: str, phase: str) -> HttpResponse:
    """The re-scores of a phase, and a form to start another."""
    challenge = challenges.find(slug)
    row = challenges.find_phase(challenge, phase)
    form = ReasonForm(request.POST or None)
    begun: list[Rescore] = []
    if form.is_valid() and done(
        form, lambda: begun.append(rescoring.begin(row, form.cleaned_data["reason"], account))
    ):
        messages.success(request, "Re-score started. Nothing changes until you apply it.")
        return redirect("organise-rescore", begun[0].pk)
    earlier = rescoring.of_phase(row)
    return draw(request, challenge, "rescores.html", TAB, form=form, phase=row, rescores=earlier)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def rescore(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """The progress of a re-score, its changes, and buttons to apply or reverse it."""
    row = rescoring.find(number)
    if request.method == "POST":
        return _act(request, account, row)
    runs = rescoring.progress(row)
    total = sum(runs.values())
    content = {
        "rescore": row,
        "runs": runs,
        "total": total,
        "over": runs["done"] + runs["dead"] == total,
        "ready": runs["done"] == total,
        "withheld": not scores_visible(row.phase, "private", clock.now()),
        **_preview(row, request.GET.get("board", "")),
    }
    return draw(request, row.phase.challenge, "rescore.html", TAB, **content)


def _act(request: HttpRequest, account: Account, row: Rescore) -> HttpResponse:
    act = "reverse" if request.POST.get("act") == "reverse" else "apply"
    if not confirmed(request):
        return ask(request, row.phase.challenge, QUESTIONS[act], TAB)
    (rescoring.reverse if act == "reverse" else rescoring.apply)(row, account)
    messages.success(request, DONE[act])
    return redirect("organise-rescore", row.pk)


QUESTIONS = {
    "apply": Question(
        title="Apply the new scores?",
        effects=["Scores and ranks change immediately on every leaderboard of this phase."],
        button="Apply",
        undo="You can reverse it later to restore the current scores.",
    ),
    "reverse": Question(
        title="Restore the previous scores?",
        effects=[
            "The scores from this re-score no longer count.",
            "Its pending runs are removed from the queue.",
        ],
        button="Reverse",
        undo="A reversed re-score cannot be applied again; start a new one to re-score the phase.",
    ),
}
DONE = {"apply": "New scores applied.", "reverse": "Previous scores restored."}


def _preview(row: Rescore, asked: str) -> dict[str, Any]:
    """The boards, and the changes on the one requested by number."""
    boards = _boards(row)
    if not boards:
        return {"boards": boards}
    shown = boards[int(asked) if asked in map(str, range(len(boards))) else 0]
    return {"boards": boards, "shown": shown, "preview": _changes(row, *shown)}


def _boards(row: Rescore) -> list[tuple[Track, Board]]:
    """The boards with visible scores; none once the re-score is applied or reversed."""
    if row.applied_at or row.reversed_at:
        return []
    seen = [board for board in BOARDS if scores_visible(row.phase, board, clock.now())]
    return [(track, board) for track in challenges.tracks(row.phase.challenge) for board in seen]


def _changes(row: Rescore, track: Track, board: Board) -> dict[str, Any]:
    changes = rescoring.preview(row, track, board)
    moved = [change for change in changes if change.old_rank != change.new_rank]
    rescored = [
        change
        for change in changes
        if change.old_score != change.new_score and change.old_rank == change.new_rank
    ]
    return {
        "moved": len(moved),
        "rescored": len(rescored),
        "same": len(changes) - len(moved) - len(rescored),
        "changes": (moved + rescored)[:MOST_SHOWN],
    }
