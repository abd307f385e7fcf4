"""Where a worker gets its runs from: the site's own database, or a host on another machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Future

    from copytrace.hosting.services.job import Job


class Claim(Protocol):
    """A run that a worker holds by a lease; every method says whether it still does."""

    @property
    def attempt(self) -> int:
        """How often this stage was begun."""

    @property
    def job(self) -> Future[Job]:
        """What is to be done, once its files are here."""

    def heartbeat(self, share_done: float, seconds_left: float | None) -> bool:
        """Renew the lease and tell how far the work is."""

    def settle(self, outcome: dict[str, Any], seconds: float) -> bool:
        """Hand in what came of it."""

    def give_back(self, problem: str) -> bool:
        """Let another worker have it; the attempt does not count."""


class Source(Protocol):
    """Gives out runs.

    Attributes:
        away: what is raised while it cannot be reached.
        heartbeat_seconds: how often it wants to hear of each run.
        poll_seconds: how often to ask it for work.
        child_seconds: how long a run may take.
    """

    away: tuple[type[Exception], ...]
    heartbeat_seconds: float
    poll_seconds: float
    child_seconds: float

    def claim(self, worker: str) -> Claim | None:
        """The next run, if there is one."""

    def keep_house(self) -> None:
        """Do what is to be done every few seconds, beside the runs."""

    def reconnect(self) -> None:
        """Begin anew after it could not be reached."""
