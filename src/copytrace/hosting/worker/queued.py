"""Runs from the queue in the site's own database, with files from the site's storage."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from copytrace.hosting.services import outcomes, queue, stored_files, submitting, uploads
from copytrace.hosting.services.jobs import digests_of, job_of
from copytrace.hosting.storage import StorageUnavailable
from copytrace.hosting.worker.cache import Cache
from copytrace.hosting.worker.claim import this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from copytrace.hosting.models import ScoringRun
    from copytrace.hosting.services.job import Job, JobFile

PIECE = 8 << 20
"""Bytes to fetch at once."""


class Queued:
    """The queue; see `Source`.

    Args:
        folder: for files of runs, if the storage is not on this machine.
    """

    away: tuple[type[Exception], ...] = (DatabaseError, InterfaceError, StorageUnavailable)

    def __init__(self, folder: Path) -> None:
        self.heartbeat_seconds = settings.HEARTBEAT_SECONDS
        self.poll_seconds = settings.POLL_SECONDS
        self.child_seconds = settings.CHILD_SECONDS
        # Opened now: a bucket's credentials are removed from the environment before children start.
        self._storage = stored_files.storage()
        self._cache = Cache(folder)
        # One thread, so two runs never fetch the same file at once.
        self._fetching = ThreadPoolExecutor(1)

    def claim(self, worker: str) -> QueuedRun | None:
        """Claim the next run, and fetch its files in the background."""
        run = queue.claim(worker)
        return None if run is None else QueuedRun(run, self._prepared(job_of(run), digests_of(run)))

    def keep_house(self) -> None:
        """Receive finished uploads left by a web process, and delete expired files."""
        submitting.receive_finished()
        uploads.sweep()
        uploads.sweep_forms()
        self._cache.trim()

    def reconnect(self) -> None:
        """Close the connection; the next query opens another."""
        connection.close()

    def _prepared(self, job: Job, digests: Mapping[str, str]) -> Future[Job]:
        here = {name: path for name in job.files if (path := self._storage.path(name)) is not None}
        if len(here) < len(job.files):
            return self._fetching.submit(self._fetched, job, digests)
        ready: Future[Job] = Future()
        ready.set_result(job.located(here))
        return ready

    def _fetched(self, job: Job, digests: Mapping[str, str]) -> Job:
        files = [stored_files.described(name, digests[name]) for name in job.files]
        return job.located({file.name: self._cache.locate(file, self._fetch) for file in files})

    def _fetch(self, file: JobFile, target: Path) -> None:
        with target.open("ab") as arrived:
            while (first := arrived.tell()) < file.size:
                last = min(first + PIECE, file.size) - 1
                arrived.write(self._storage.piece(file.name, file.version, first, last))


class QueuedRun:
    """A run of the queue; see `Claim`."""

    def __init__(self, run: ScoringRun, job: Future[Job]) -> None:
        self._run = run
        self._truth_version = run.submission.phase.truth_version
        self.attempt = run.attempt
        self.job = job

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
