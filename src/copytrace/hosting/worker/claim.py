"""Interfaces to sources of runs: the site's own database, or a site on another machine."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Future

    from copytrace.hosting.services.job import Job


def this_machine() -> str:
    """The name and type of this machine, in at most 150 characters."""
    return f"{platform.node()} {platform.machine()} {platform.system()}"[:150]


class Claim(Protocol):
    """A run with a lease. Each method returns whether the worker still holds it."""

    @property
    def attempt(self) -> int:
        """How often this stage was started."""

    @property
    def job(self) -> Future[Job]:
        """The job, once its files are available."""

    def heartbeat(self, share_done: float, seconds_left: float | None) -> bool:
        """Renew the lease and report progress."""

    def settle(self, outcome: dict[str, Any], seconds: float) -> bool:
        """Report the result."""

    def give_back(self, problem: str) -> bool:
        """Return the run to the queue. The attempt does not count."""


class Source(Protocol):
    """A queue of runs.

    Attributes:
        away: exceptions raised while it cannot be reached.
        heartbeat_seconds: how often to renew leases.
        poll_seconds: how often to look for work.
        child_seconds: how long a run may take.
    """

    away: tuple[type[Exception], ...]
    heartbeat_seconds: float
    poll_seconds: float
    child_seconds: float

    def claim(self, worker: str) -> Claim | None:
        """Claim the next run; None if nothing is waiting."""

    def keep_house(self) -> None:
        """Regular housekeeping, every few seconds."""

    def reconnect(self) -> None:
        """Open a new connection after a failure."""
