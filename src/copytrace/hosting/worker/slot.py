"""One claimed run: its child process, its lease, and its result."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from copytrace.errors import CopytraceError
from copytrace.hosting.storage import FileChanged

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, ForkServerProcess

    from copytrace.hosting.services.job import Job
    from copytrace.hosting.worker.claim import Claim, Source

LONGEST_MESSAGE = 1 << 20
"""Maximum size of a child's message in bytes; a longer one means that the child was compromised."""

_log = logging.getLogger(__name__)


def _run(job: Job, pipe: Connection[Any, Any]) -> None:
    """Do a job in a child process; the worker itself does not load the scoring libraries."""
    from copytrace.hosting.worker import child

    child.run(job, pipe)


class Slot:
    """A claimed run and, once the run's files are available, the child process working on it.

    Attributes:
        over: whether the run is over: saved, given back, or lost to another worker.
    """

    def __init__(self, claim: Claim, source: Source, context: ForkServerContext) -> None:
        self.over = False
        self._claim = claim
        self._source = source
        self._context = context
        self._share_done, self._seconds_left = 0.0, None
        self._outcome: dict[str, Any] | None = None
        self._begun = self._beat = time.monotonic()
        self._child: tuple[ForkServerProcess, Connection[Any, Any]] | None = None
        self._start_if_ready()

    @property
    def handles(self) -> tuple[Connection[Any, Any] | int, ...]:
        """Handles that become ready when there is something to do."""
        if self._outcome or self._child is None:
            return ()
        process, pipe = self._child
        return pipe, process.sentinel

    def tend(self) -> None:
        """Read the child's messages, renew the lease, and save the result. Safe to repeat after an outage."""
        if self._child is None:
            self._start_if_ready()
        elif self._outcome is None:
            self._outcome = self._heard(*self._child)
        if self.over:
            return
        if self._outcome is not None:
            self._settle(self._outcome)
        elif time.monotonic() - self._beat >= self._source.heartbeat_seconds:
            self._beat = time.monotonic()
            if not self._claim.heartbeat(self._share_done, self._seconds_left):
                self._lost()

    def give_up(self, problem: str = "the worker was stopped") -> None:
        """Give the run back, so that another worker can have it at once; the attempt does not count."""
        self._end_child()
        self._claim.give_back(problem)
        self.over = True

    def _start_if_ready(self) -> None:
        if not self._claim.job.done():
            return
        try:
            self._start(self._claim.job.result())
        except FileChanged as error:
            # Another attempt may find the right file; otherwise the submission fails.
            self._outcome = {"problem": str(error)}
        except (OSError, EOFError) as error:
            self._give_up_start(f"could not start a process: {error}")
        except CopytraceError as error:
            self._give_up_start(f"could not fetch its files: {error}")

    def _give_up_start(self, problem: str) -> None:
        _log.warning("%s: %s", self._claim, problem)
        self.give_up(problem)

    def _start(self, job: Job) -> None:
        pipe, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_run, args=(job, theirs), daemon=True)
        process.start()
        theirs.close()
        self._child = process, pipe
        self._begun = time.monotonic()

    def _heard(self, process: ForkServerProcess, pipe: Connection[Any, Any]) -> dict[str, Any] | None:
        """The child's result, or the fact that there is none, once it has ended."""
        try:
            while pipe.poll():
                message = json.loads(pipe.recv_bytes(LONGEST_MESSAGE))
                if "share_done" not in message:
                    return dict(message)
                self._share_done, self._seconds_left = message["share_done"], message["seconds_left"]
        except (EOFError, OSError, ValueError):
            # A hostile child may not end: waiting longer could let the leases of other runs expire.
            process.join(timeout=1)
            return {"problem": f"the process ended with {process.exitcode} before it had a result"}
        longest = self._source.child_seconds
        if time.monotonic() - self._begun > longest:
            return {"problem": f"it took longer than {longest:g} seconds"}
        return None

    def _settle(self, outcome: dict[str, Any]) -> None:
        self._end_child()
        seconds = time.monotonic() - self._begun
        if "problem" in outcome:
            _log.warning("%s, attempt %d: %s", self._claim, self._claim.attempt, outcome["problem"])
        if self._claim.settle(outcome, seconds):
            _log.info("%s, attempt %d: %.1f s", self._claim, self._claim.attempt, seconds)
            self.over = True
        else:
            self._lost()

    def _lost(self) -> None:
        """Another worker has the run: discard this one's result."""
        _log.warning("%s was taken over by another worker; this attempt is discarded", self._claim)
        self._end_child()
        self.over = True

    def _end_child(self) -> None:
        if self._child is None:
            return
        process, pipe = self._child
        if process.is_alive():
            process.kill()
        process.join()
        pipe.close()
