"""Submissions, as their team and the organisers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count

from copytrace.hosting.models import Submission
from copytrace.hosting.services import audit
from copytrace.hosting.services.problems import NotFound
from copytrace.hosting.services.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from copytrace.hosting.models import Challenge, ScoringRun, Team


BULKY = ("public_plots", "public_replicates", "private_replicates")
"""Columns of a run that lists omit."""


def find(number: int) -> Submission:
    """The submission with this number.

    Raises:
        NotFound: it does not exist.
    """
    row = Submission.objects.filter(pk=number).first()
    if row is None:
        raise NotFound(f"There is no submission {number}.")
    return row


def of_team(team: Team) -> QuerySet[Submission]:
    """A team's submissions, latest first, without the bulky columns of their runs."""
    rows = Submission.objects.filter(team=team).select_related(
        "team", "account", "track", "phase", "entry", "current_run", "nomination"
    )
    return rows.defer(*(f"current_run__{name}" for name in BULKY)).order_by("-pk")


def others_of(row: Submission, most: int) -> list[Submission]:
    """The team's latest other submissions to the same track and phase."""
    rows = of_team(row.team).filter(phase=row.phase, track=row.track).exclude(pk=row.pk)
    return list(rows[:most])


def scored_of(team: Team, most: int) -> list[Submission]:
    """A team's latest scored submissions."""
    return list(of_team(team).filter(state=State.SCORED)[:most])


def disqualified_of(team: Team) -> list[Submission]:
    """The submissions of a team that were disqualified individually."""
    return list(team.submissions.filter(disqualified_at__isnull=False).order_by("pk"))


def counts_of_team(team: Team) -> Sequence[Mapping[str, object]]:
    """The number of a team's submissions in each state, by phase and track."""
    rows = team.submissions.order_by().values("phase__title", "phase__place", "track__title", "state")
    return list(rows.annotate(count=Count("pk")).order_by("phase__place", "track__title", "state"))


def counts_by_phase(challenge: Challenge) -> dict[int, dict[str, int]]:
    """The number of submissions in each state, by phase."""
    counts: dict[int, dict[str, int]] = {}
    rows = Submission.objects.filter(phase__challenge=challenge).order_by().values_list("phase", "state")
    for phase, state, count in rows.annotate(count=Count("pk")):
        counts.setdefault(phase, {})[state] = count
    return counts


def first_run(row: Submission) -> ScoringRun | None:
    """The original run of a submission, not that of a re-score."""
    return row.runs.filter(rescore=None).order_by("-pk").first()


def runs_of(row: Submission) -> list[ScoringRun]:
    """All runs of a submission, latest first, without their bulky columns."""
    rows = row.runs.select_related("rescore").defer(*BULKY, "public_measures", "private_measures")
    return list(rows.order_by("-pk"))


def log_of(row: Submission) -> list[str]:
    """The history of a submission, for its team; without re-scores, which organisers review first."""
    lines = [
        f"{move.at:%Y-%m-%d %H:%M:%S} UTC {move.details['before']} -> {move.details['after']}"
        for move in audit.moves_of(row)
    ]
    for run in row.runs.filter(rescore=None).order_by("pk"):
        lines += run.log.splitlines()
    return lines
