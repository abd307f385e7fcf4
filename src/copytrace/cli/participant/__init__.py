"""The verbs by which a participant deals with a challenge host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.cli.participant.boards import leaderboard, submissions
from copytrace.cli.participant.join import join
from copytrace.cli.participant.login import login
from copytrace.cli.participant.nominate import nominate
from copytrace.cli.participant.submit import submit

if TYPE_CHECKING:
    from collections.abc import Callable

PARTICIPANT_COMMANDS: tuple[Callable[..., None], ...] = (
    login,
    join,
    submit,
    submissions,
    nominate,
    leaderboard,
)

__all__ = ["PARTICIPANT_COMMANDS"]
