"""A leaderboard for its page: fast with many submissions, since only the rows shown are read in full."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from django.db.models import F, Max, RowRange, Window
from django.db.models.functions import Coalesce

from copytrace.evaluation import differ
from copytrace.hosting.models import Submission
from copytrace.hosting.services import clock
from copytrace.hosting.services.leaderboard import best_of_teams, with_score
from copytrace.hosting.services.visibility import scores_visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from copytrace.hosting.models import Phase, Track
    from copytrace.hosting.services.leaderboard import Best
    from copytrace.hosting.services.visibility import Board


@dataclass(frozen=True)
class Row:
    """A line of a leaderboard.

    Attributes:
        rank: 1 is the best.
        team_id, team: the team.
        submission_id: the best submission.
        score, interval: micro-AP and its 95% interval (low, high), if any.
        recall_at_p90: recall at 90% precision.
        entries: number of scored submissions of the team.
        last_at: when the latest of them was received.
        tied: whether the next team has the same score.
        significant: whether the score differs significantly from that of the next team, by a paired bootstrap over
            queries; None if there is no next team or the runs cannot be compared.
        moved: places gained (negative: lost) from the public to the private board; None if unknown.
    """

    rank: int
    team_id: int
    team: str
    submission_id: int
    score: float
    interval: tuple[float, float] | None
    recall_at_p90: float | None
    entries: int
    last_at: datetime
    tied: bool
    significant: bool | None
    moved: int | None

    @property
    def fell(self) -> int:
        """Places lost."""
        return max(0, -(self.moved or 0))


@dataclass(frozen=True)
class Standings:
    """A whole leaderboard.

    Attributes:
        phase, track, board: the leaderboard.
        places: the best submission of each team, best first.
    """

    phase: Phase
    track: Track
    board: Board
    places: Sequence[Best]

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, start: int, end: int, before: Standings | None = None) -> list[Row]:
        """The rows of a slice.

        Args:
            start: start of the slice.
            end: end of the slice.
            before: the public leaderboard, if changes of rank are to be shown.
        """
        # One more than shown, to compare the last row with the next.
        shown = list(enumerate(self.places, 1))[start : end + 1]
        runs = _runs([place.submission_id for _, place in shown], self.board)
        teams = _teams(self, [place.team_id for _, place in shown])
        old = {place.team_id: rank for rank, place in enumerate(before.places, 1)} if before else {}
        rows = []
        below = [*(place for _, place in shown[1:]), None]
        for (rank, place), after in zip(shown[: end - start], below, strict=False):
            team, last_at = teams[place.team_id]
            run = runs[place.submission_id]
            rows.append(
                Row(
                    rank=rank,
                    team_id=place.team_id,
                    team=team,
                    submission_id=place.submission_id,
                    score=place.score,
                    interval=run.interval,
                    recall_at_p90=run.measures.get("recall_at_p90"),
                    entries=place.submissions,
                    last_at=last_at,
                    tied=after is not None and after.score == place.score,
                    significant=run.differs_from(runs[after.submission_id]) if after else None,
                    moved=old[place.team_id] - rank if place.team_id in old else None,
                )
            )
        return rows


def standings(phase: Phase, track: Track, board: Board) -> Standings | None:
    """A leaderboard, or None if its scores are not visible yet."""
    if not scores_visible(phase, board, clock.now()):
        return None
    return Standings(phase, track, board, best_of_teams(phase, track, board))


def best_over_time(phase: Phase, track: Track, board: Board) -> list[tuple[datetime, float]]:
    """When the best score rose, and to what; empty if scores are not visible yet."""
    if not scores_visible(phase, board, clock.now()):
        return []
    score = f"current_run__{board}_score"
    earlier = Window(Max(score), order_by=["received_at", "pk"], frame=RowRange(end=-1))
    rows = with_score(phase, track, board).annotate(earlier=Coalesce(earlier, -sys.float_info.max))
    # The database returns only the few that raised it: reading the time of every submission takes longer.
    rose = rows.filter(**{f"{score}__gt": F("earlier")}).order_by("received_at", "pk")
    return list(rose.values_list("received_at", score))


class _Run(NamedTuple):
    """The columns that a row needs of the run that counts."""

    measures: Mapping[str, Any]
    replicates: bytes
    truth_version: str

    @property
    def interval(self) -> tuple[float, float] | None:
        found = self.measures.get("interval")
        return (float(found[0]), float(found[1])) if found else None

    def differs_from(self, other: _Run) -> bool | None:
        """Whether two scores differ significantly; None if their replicates cannot be paired."""
        if self.truth_version != other.truth_version or len(self.replicates) != len(other.replicates):
            return None
        if not self.replicates:
            return None
        mine, theirs = (np.frombuffer(run.replicates, "<f4").astype(np.float64) for run in (self, other))
        return differ(mine, theirs)


def _runs(submissions: Sequence[int], board: Board) -> dict[int, _Run]:
    names = (f"{board}_measures", f"{board}_replicates", "truth_version")
    rows = Submission.objects.filter(pk__in=submissions).values_list(
        "pk", *(f"current_run__{name}" for name in names)
    )
    return {
        pk: _Run(measures or {}, bytes(replicates or b""), version)
        for pk, measures, replicates, version in rows
    }


def _teams(of: Standings, teams: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """Names of teams, and when the latest scored submission of each on this leaderboard was received."""
    rows = with_score(of.phase, of.track, of.board).filter(team__in=teams).order_by()
    found = rows.values_list("team_id", "team__name").annotate(last=Max("received_at"))
    return {team: (name, last) for team, name, last in found}
