"""Decides which run's scores count for a submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, Subquery

from copytrace.hosting.models import ScoringRun

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from copytrace.hosting.models import Submission


def valid_runs() -> QuerySet[ScoringRun]:
    """The finished runs that count, latest first: those of a re-score only while it is applied."""
    applied = Q(rescore=None) | Q(rescore__applied_at__isnull=False, rescore__reversed_at=None)
    runs = ScoringRun.objects.filter(applied, state=ScoringRun.State.DONE, stage=ScoringRun.Stage.SCORE)
    return runs.order_by("-pk")


def settle(submissions: QuerySet[Submission]) -> None:
    """Make the latest valid run of each of these submissions the one that counts, in one statement."""
    latest = valid_runs().filter(submission=OuterRef("pk")).values("pk")[:1]
    submissions.update(current_run=Subquery(latest))
