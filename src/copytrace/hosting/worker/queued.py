"""Runs from the queue in the site's own database."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from copytrace.hosting.services import outcomes, queue, submitting, uploads
from copytrace.hosting.services.jobs import job_of
from copytrace.hosting.worker.claim import this_machine

if TYPE_CHECKING:
    from copytrace.hosting.models import ScoringRun
    from copytrace.hosting.services.job import Job


class Queued:
    """The queue; see `Source`."""

    away: tuple[type[Exception], ...] = (DatabaseError, InterfaceError)

    def __init__(self) -> None:
        self.heartbeat_seconds = settings.HEARTBEAT_SECONDS
        self.poll_seconds = settings.POLL_SECONDS
        self.child_seconds = settings.CHILD_SECONDS

    def claim(self, worker: str) -> QueuedRun | None:
        """Claim the next run."""
        run = queue.claim(worker)
        return None if run is None else QueuedRun(run)

    def keep_house(self) -> None:
        """Receive finished uploads that a web process left, and delete expired files."""
        submitting.receive_finished()
        uploads.sweep()
        uploads.sweep_forms()

    def reconnect(self) -> None:
        """Close the connection; the next query opens another."""
        connection.close()


class QueuedRun:
    """A run of the queue; see `Claim`."""

    def __init__(self, run: ScoringRun) -> None:
        self._run = run
        self._truth_version = run.submission.phase.truth_version
        self.attempt = run.attempt
        self.job: Future[Job] = Future()
        self.job.set_result(job_of(run))

    def __str__(self) -> str:
        return str(self._run)

    def heartbeat(self, share_done: float, seconds_left: float | None) -> bool:
        """Renew the lease and report progress."""
        return queue.heartbeat(self._run, share_done, seconds_left)

    def settle(self, outcome: dict[str, Any], seconds: float) -> bool:
        """Save the result."""
        return outcomes.settle(
            self._run, outcome, truth_version=self._truth_version, seconds=seconds, machine=this_machine()
        )

    def give_back(self, problem: str) -> bool:
        """Return the run to the queue. The attempt does not count."""
        return queue.give_back(self._run, problem, counts=False)
