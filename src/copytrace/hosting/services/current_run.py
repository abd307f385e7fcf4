"""Which run's scores count for a submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from copytrace.hosting.models import ScoringRun, Submission

if TYPE_CHECKING:
    from django.db.models import QuerySet


def valid_runs(submission: Submission) -> QuerySet[ScoringRun]:
    """The finished runs that count, the latest first: not those of a re-score that is not applied, or reversed."""
    applied = Q(rescore=None) | Q(rescore__applied_at__isnull=False, rescore__reversed_at=None)
    return submission.runs.filter(
        applied, state=ScoringRun.State.DONE, stage=ScoringRun.Stage.SCORE
    ).order_by("-pk")


def settle(submission: Submission) -> None:
    """Make the latest valid run the one that counts."""
    Submission.objects.filter(pk=submission.pk).update(current_run=valid_runs(submission).first())
