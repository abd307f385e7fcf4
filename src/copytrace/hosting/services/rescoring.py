"""Scores a phase again, previews the changes, and applies or reverses them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count

from copytrace.hosting.models import Rescore, ScoringRun, Submission
from copytrace.hosting.services import audit, clock, current_run
from copytrace.hosting.services.leaderboard import ranking
from copytrace.hosting.services.problems import NotFound, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copytrace.hosting.models import Account, AuditEntry, Phase, Track
    from copytrace.hosting.services.visibility import Board


@dataclass(frozen=True)
class Change:
    """A team's place before and after; None if it has none."""

    team: str
    old_rank: int | None
    new_rank: int | None
    old_score: float | None
    new_score: float | None


def begin(phase: Phase, reason: str, actor: Account | None = None) -> Rescore:
    """Queue all scored submissions of a phase again; nothing changes until the re-score is applied.

    Raises:
        Problem: nothing is scored yet, or another re-score of the phase is in progress.
    """
    with transaction.atomic():
        # With the phase locked, only one re-score can start at a time.
        type(phase).objects.select_for_update().get(pk=phase.pk)
        if under_way(phase) is not None:
            raise Problem(f"A re-score of {phase.title} is already in progress; apply or reverse it first.")
        scored = list(Submission.objects.filter(phase=phase, state=Submission.State.SCORED))
        if not scored:
            raise Problem(f"{phase.title} has no scored submissions.")
        now = clock.now()
        rescore = Rescore.objects.create(phase=phase, reason=reason, begun_by=actor, begun_at=now)
        ScoringRun.objects.bulk_create(
            ScoringRun(submission=submission, rescore=rescore, stage=ScoringRun.Stage.SCORE, queued_at=now)
            for submission in scored
        )
        _note(rescore, "re-score begun", actor, reason=reason, submissions=len(scored))
    return rescore


def find(number: int) -> Rescore:
    """The re-score with this number.

    Raises:
        NotFound: it does not exist.
    """
    row = Rescore.objects.select_related("phase__challenge", "begun_by").filter(pk=number).first()
    if row is None:
        raise NotFound(f"There is no re-score {number}.")
    return row


def of_phase(phase: Phase) -> list[Rescore]:
    """The re-scores of a phase, latest first."""
    return list(phase.rescores.select_related("begun_by").order_by("-pk"))


def under_way(phase: Phase) -> Rescore | None:
    """The re-score of a phase that is neither applied nor reversed yet, if any."""
    return phase.rescores.filter(applied_at=None, reversed_at=None).first()


def reversible(entry: AuditEntry) -> int | None:
    """The number of the re-score that an action started or applied, unless it was reversed."""
    number = entry.subject.partition(" ")[0]
    return Rescore.objects.filter(pk=number, reversed_at=None).values_list("pk", flat=True).first()


def progress(rescore: Rescore) -> dict[str, int]:
    """The number of its runs in each state."""
    counts = dict(rescore.runs.order_by().values_list("state").annotate(count=Count("pk")))
    return {state.value: counts.get(state.value, 0) for state in ScoringRun.State}


def preview(rescore: Rescore, track: Track, board: Board) -> list[Change]:
    """The changes to a board, by new rank; the caller must have checked that its scores are visible."""
    done = rescore.runs.filter(state=ScoringRun.State.DONE)
    new = dict(done.values_list("submission_id", f"{board}_score"))
    # By age, so that in both, the earlier one wins a tie.
    rows = ranking(rescore.phase, track).order_by("received_at", "pk")
    found = list(rows.values_list("pk", "team__name", f"current_run__{board}_score"))
    old = _places((team, score) for _, team, score in found)
    after = _places((team, new.get(pk, score)) for pk, team, score in found)
    nowhere: tuple[None, None] = (None, None)
    changes = []
    for team in after | old:
        (old_rank, old_score), (new_rank, new_score) = old.get(team, nowhere), after.get(team, nowhere)
        changes.append(Change(team, old_rank, new_rank, old_score, new_score))
    return changes


def _places(scores: Iterable[tuple[str, float | None]]) -> dict[str, tuple[int, float]]:
    """Rank and best score of each team by the rules of `leaderboard.rank`; submissions must be in order of age."""
    finite = [(team, score) for team, score in scores if score is not None and math.isfinite(score)]
    best: dict[str, float] = {}
    for team, score in sorted(finite, key=lambda found: -found[1]):
        best.setdefault(team, score)
    return {team: (place, score) for place, (team, score) in enumerate(best.items(), 1)}


def apply(rescore: Rescore, actor: Account | None = None) -> None:
    """Make the new scores count.

    Raises:
        Problem: it has already been applied or reversed, or some of its runs are not done.
    """
    with transaction.atomic():
        row = Rescore.objects.select_for_update().get(pk=rescore.pk)
        if row.applied_at or row.reversed_at:
            raise Problem(f"Re-score {row.pk} was already {'reversed' if row.reversed_at else 'applied'}.")
        left = row.runs.exclude(state=ScoringRun.State.DONE).count()
        if left:
            raise Problem(
                f"{left} of {row.runs.count()} runs of re-score {row.pk} are not done: {progress(row)}. Wait for them,"
                " or reverse it and start a new one."
            )
        row.applied_at = clock.now()
        row.save(update_fields=["applied_at"])
        _settle(row)
        _note(row, "re-score applied", actor)


def reverse(rescore: Rescore, actor: Account | None = None) -> None:
    """Restore the previous scores; waiting runs leave the queue.

    Raises:
        Problem: it has already been reversed.
    """
    with transaction.atomic():
        row = Rescore.objects.select_for_update().get(pk=rescore.pk)
        if row.reversed_at:
            raise Problem(f"Re-score {row.pk} was already reversed.")
        row.reversed_at = clock.now()
        row.save(update_fields=["reversed_at"])
        row.runs.filter(state__in=(ScoringRun.State.WAITING, ScoringRun.State.RUNNING)).update(
            state=ScoringRun.State.DEAD, finished_at=row.reversed_at
        )
        _settle(row)
        _note(row, "re-score reversed", actor)


def _settle(rescore: Rescore) -> None:
    current_run.settle(Submission.objects.filter(runs__rescore=rescore))


def _note(rescore: Rescore, act: str, actor: Account | None, **details: object) -> None:
    audit.record(act, f"{rescore}", actor=actor, challenge=rescore.phase.challenge, **details)
