"""Awards prizes by place, passing over teams that decline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.hosting.models import Finalist, Prize
from copytrace.hosting.services import challenges
from copytrace.hosting.services.leaderboard import leaderboard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.hosting.models import Challenge, Phase, Track
    from copytrace.hosting.services.leaderboard import Place

CHECKLIST = ("licence", "repository", "report", "eligible")


@dataclass(frozen=True)
class Award:
    """A prize and its prospective winner.

    Attributes:
        prize: such as $50,000.
        place: its place, from 1.
        team, rank: the prospective winner; None while too few teams have a rank.
        missing: what the team's checklist lacks; it wins the prize once nothing is missing.
    """

    place: int
    prize: str
    team: str | None
    rank: int | None
    missing: tuple[str, ...]


def prizes(phase: Phase, track: Track) -> list[Prize]:
    """The prizes of a phase and track, by place."""
    return list(Prize.objects.filter(phase=phase, track=track).order_by("place"))


def with_prizes(challenge: Challenge) -> list[tuple[Phase, Track, list[Prize]]]:
    """Each phase and track with prizes, and those prizes."""
    places = (
        (phase, track) for phase in challenges.phases(challenge) for track in challenges.tracks(challenge)
    )
    return [(phase, track, found) for phase, track in places if (found := prizes(phase, track))]


def checklists(phase: Phase, track: Track) -> dict[int, Finalist]:
    """The checklists of teams that may win a prize, by team number."""
    return {row.team_id: row for row in Finalist.objects.filter(phase=phase, track=track)}


def missing_of(finalist: Finalist | None) -> tuple[str, ...]:
    """What a team has yet to provide: licence, repository, report, eligibility."""
    return tuple(item for item in CHECKLIST if not getattr(finalist, item, None))


def awards(phase: Phase, track: Track) -> list[Award] | None:
    """The prizes of a phase and track with their teams, or None while the private board is hidden."""
    board = leaderboard(phase, track, "private")
    return None if board is None else awards_of(board, phase, track)


def awards_of(board: Sequence[Place], phase: Phase, track: Track) -> list[Award]:
    """The prizes with their teams, according to the private board.

    A team that declines, so as not to publish its solution, keeps its rank; its prize passes to the next team.
    """
    known = checklists(phase, track)
    willing = [
        place for place in board if not (place.entry.team_id in known and known[place.entry.team_id].declined)
    ]
    found = []
    for index, prize in enumerate(prizes(phase, track)):
        place = willing[index] if index < len(willing) else None
        missing = missing_of(known.get(place.entry.team_id)) if place else ()
        team, rank = (place.entry.team, place.rank) if place else (None, None)
        found.append(Award(prize.place, prize.amount, team, rank, missing))
    return found
