"""Which run's scores count for a submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, Subquery

from copytrace.hosting.models import ScoringRun

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from copytrace.hosting.models import Submission


def valid_runs() -> QuerySet[ScoringRun]:
    """The finished runs that count, the latest first: not those of a re-score that is not applied, or reversed."""
    applied = Q(rescore=None) | Q(rescore__applied_at__isnull=False, rescore__reversed_at=None)
    runs = ScoringRun.objects.filter(applied, state=ScoringRun.State.DONE, stage=ScoringRun.Stage.SCORE)
    return runs.order_by("-pk")


def settle(submissions: QuerySet[Submission]) -> None:
    """Make the latest valid run the one that counts, for all of these submissions in one statement."""
    latest = valid_runs().filter(submission=OuterRef("pk")).values("pk")[:1]
    submissions.update(current_run=Subquery(latest))
