"""Who can see a score: one function, called by everything that could reveal one."""

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
    """Whether anybody may see the scores of a board, or the ranking they give.

    Private scores are revealed after the phase, automatically or by an organiser. Public scores are shown at once,
    except in a blind phase, where they are revealed together with the private ones. There is no exception for
    organisers: they could pass on what they see. If necessary, they have the database.
    """
    revealed = phase.revealed_at is not None or (phase.reveal_on_close and is_closed(phase, now))
    return revealed or (board == "public" and not phase.blind)
