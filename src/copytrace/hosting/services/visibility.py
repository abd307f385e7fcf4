"""Who may see a score: one function, asked by everything that could tell one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from copytrace.hosting.models import Phase

Board = Literal["public", "private"]
BOARDS: tuple[Board, ...] = ("public", "private")


def is_closed(phase: Phase, now: datetime) -> bool:
    """Whether submissions are over, including the grace period of uploads in progress."""
    return now >= phase.closes_at + timedelta(seconds=phase.grace_seconds)


def scores_visible(phase: Phase, board: Board, now: datetime) -> bool:
    """Whether the scores of a board, and the order they make, may leave the host, to anybody.

    The private ones are revealed after the phase, by its end or by an organiser. The public ones are shown at
    once, except in a blind phase, where they wait for the same moment. There is no exception for organisers:
    what they could see they could also pass on, and the database is theirs if it must be.
    """
    revealed = phase.revealed_at is not None or (phase.reveal_on_close and is_closed(phase, now))
    return revealed or (board == "public" and not phase.blind)
