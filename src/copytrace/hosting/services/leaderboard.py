"""Ranks teams by their best submission."""

from __future__ import annotations

import math
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db.models import F

from copytrace.hosting.models import Submission
from copytrace.hosting.services import clock, edition
from copytrace.hosting.services.visibility import scores_visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from copytrace.hosting.models import Phase, Track
    from copytrace.hosting.services.visibility import Board

T = TypeVar("T")


class Entry(NamedTuple):
    """A scored submission; there may be very many.

    Attributes:
        team_id, team: the team.
        submission_id: the submission.
        score: micro-AP.
        received_at: when it was received; in a tie, the earlier one ranks first.
        measures: all measures of that score.
        submissions: how many of the team's scored submissions it represents, including itself.
    """

    team_id: int
    team: str
    submission_id: int
    score: float | None
    received_at: datetime
    measures: Mapping[str, Any]
    submissions: int = 1


class Best(NamedTuple):
    """A team's best submission, and how many scored ones it represents."""

    team_id: int
    submission_id: int
    score: float
    submissions: int


@dataclass(frozen=True)
class Place:
    """A team's place: rank 1 is the best; `submissions` counts all its scored submissions."""

    rank: int
    entry: Entry
    submissions: int


def rank(entries: Iterable[Entry]) -> list[Place]:
    """Each team's best entry by descending score; in a tie, the earlier first. No rank without a finite score.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2021, 10, 27, tzinfo=UTC)
    >>> entries = [Entry(1, "a", 1, None, at, {}), Entry(2, "b", 2, 0.5, at, {}), Entry(2, "b", 3, 0.6, at, {})]
    >>> [(place.rank, place.entry.score) for place in rank(entries)]
    [(1, 0.6)]
    """
    found = [
        (entry, entry.score) for entry in entries if entry.score is not None and math.isfinite(entry.score)
    ]
    found.sort(key=lambda pair: (-pair[1], pair[0].received_at, pair[0].submission_id))
    best = _best_of_each((entry.team_id, entry, entry.submissions) for entry, _ in found)
    return [Place(number, entry, count) for number, (entry, count) in enumerate(best, 1)]


def _best_of_each(best_first: Iterable[tuple[int, T, int]]) -> list[tuple[T, int]]:
    """The first entry of each team, and how many submissions all of the team's entries represent.

    Args:
        best_first: team, entry, and how many submissions it represents.
    """
    best: dict[int, T] = {}
    counts: Counter[int] = Counter()
    for team_id, entry, submissions in best_first:
        best.setdefault(team_id, entry)
        counts[team_id] += submissions
    return [(entry, counts[team_id]) for team_id, entry in best.items()]


def leaderboard(phase: Phase, track: Track, board: Board) -> list[Place] | None:
    """The leaderboard of a phase and track, or None if its scores are not visible yet."""
    if not scores_visible(phase, board, clock.now()):
        return None
    return rank(best_entries(phase, track, board))


def entries(phase: Phase, track: Track, board: Board) -> list[Entry]:
    """All scored submissions; the caller must have checked that the scores are visible."""
    return _entries(ranking(phase, track), board)


def best_entries(phase: Phase, track: Track, board: Board) -> list[Entry]:
    """Each team's best submission; reads only these in full, which is faster than reading all."""
    counts = {best.submission_id: best.submissions for best in best_of_teams(phase, track, board)}
    return _entries(Submission.objects.filter(pk__in=counts), board, counts)


def best_of_teams(phase: Phase, track: Track, board: Board) -> list[Best]:
    """Each team's best submission by descending score, without its measures; ranked once per edition."""
    return edition.remembered(
        ("best", phase.pk, track.pk, board), lambda: _best_of_teams(phase, track, board)
    )


def _best_of_teams(phase: Phase, track: Track, board: Board) -> list[Best]:
    """Rank the teams.

    Reading all rows in order is faster than a window function in the database. The order is that of `rank`; a test
    keeps both consistent.
    """
    score = f"current_run__{board}_score"
    rows = with_score(phase, track, board).order_by(F(score).desc(), "received_at", "pk")
    best_first = rows.values_list("team_id", "pk", score)
    each = _best_of_each((row[0], row, 1) for row in best_first)
    return [Best(team_id, number, value, count) for (team_id, number, value), count in each]


def with_score(phase: Phase, track: Track, board: Board) -> QuerySet[Submission]:
    """The submissions that rank on a board: infinity and NaN are not scores."""
    # PostgreSQL sorts both above every number.
    finite = {f"current_run__{board}_score__range": (-sys.float_info.max, sys.float_info.max)}
    return ranking(phase, track).filter(**finite)


def ranking(phase: Phase, track: Track) -> QuerySet[Submission]:
    """The submissions that rank: all scored ones, unless they or their teams are disqualified."""
    return Submission.objects.filter(
        phase=phase,
        track=track,
        state=Submission.State.SCORED,
        disqualified_at=None,
        team__disqualified_at=None,
    )


def _entries(
    rows: QuerySet[Submission], board: Board, counts: Mapping[int, int] | None = None
) -> list[Entry]:
    run = f"current_run__{board}"
    fields = ("team_id", "team__name", "pk", f"{run}_score", "received_at", f"{run}_measures")
    return [
        Entry(team_id, team, pk, score, received_at, measures or {}, counts[pk] if counts else 1)
        for team_id, team, pk, score, received_at, measures in rows.values_list(*fields)
    ]
