"""The verbs of `copytrace host`: run a challenge site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.cli.host.care import backup, create_organiser, upgrade
from copytrace.cli.host.challenges import export, load
from copytrace.cli.host.check import check
from copytrace.cli.host.members import change_team
from copytrace.cli.host.scores import rescore, reveal
from copytrace.cli.host.start import serve, web, worker

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS: tuple[Callable[..., None], ...] = (
    serve,
    web,
    worker,
    load,
    export,
    rescore,
    reveal,
    change_team,
    create_organiser,
    check,
    upgrade,
    backup,
)

__all__ = ["COMMANDS"]
