"""One run in the hands of a worker: its child process, its lease, and what becomes of it."""

from __future__ import annotations

import base64
import json
import logging
import platform
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings

from copytrace.hosting.services import queue, stored_files
from copytrace.hosting.worker import child
from copytrace.hosting.worker.jobs import job_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext

    from copytrace.hosting.models import ScoringRun

SCORER_VERSION = "1"
"""Rises when scores change for the same file and truth."""

LONGEST_MESSAGE = 1 << 20
"""Bytes of a message from a child; more of it means that the child is no longer what it was."""

_log = logging.getLogger(__name__)


class Slot:
    """A claimed run and the child process that works on it.

    Attributes:
        over: whether the run is done with: written, given back, or lost to another worker.
    """

    def __init__(self, run: ScoringRun, context: ForkServerContext) -> None:
        self.run = run
        self.over = False
        self._truth_version = run.submission.phase.truth_version
        self._share_done, self._seconds_left = 0.0, None
        self._outcome: dict[str, Any] | None = None
        self._begun = self._beat = time.monotonic()
        self._pipe, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=child.run, args=(job_of(run), theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def handles(self) -> tuple[Connection | int, ...]:
        """What becomes ready when there is something to do."""
        return () if self._outcome else (self._pipe, self._process.sentinel)

    def tend(self) -> None:
        """Hear the child, keep the lease, and write what came of it. Safe to repeat when the database was away."""
        if self._outcome is None:
            self._outcome = self._heard()
        if self._outcome is not None:
            self._settle(self._outcome)
        elif time.monotonic() - self._beat >= settings.HEARTBEAT_SECONDS:
            self._beat = time.monotonic()
            if not queue.heartbeat(self.run, self._share_done, self._seconds_left):
                self._lost()

    def give_up(self) -> None:
        """The worker stops: another may have the run at once, and the attempt does not count."""
        self._end_child()
        queue.give_back(self.run, "the worker was stopped", counts=False)
        self.over = True

    def _heard(self) -> dict[str, Any] | None:
        """What the child found, or that it found nothing, once it is over."""
        try:
            while self._pipe.poll():
                message = json.loads(self._pipe.recv_bytes(LONGEST_MESSAGE))
                if "share_done" not in message:
                    return dict(message)
                self._share_done, self._seconds_left = message["share_done"], message["seconds_left"]
        except (EOFError, OSError, ValueError):
            # A hostile child may live on; it must not cost the leases of the others.
            self._process.join(timeout=1)
            return {"problem": f"the process ended with {self._process.exitcode} before it had a result"}
        if time.monotonic() - self._begun > settings.CHILD_SECONDS:
            return {"problem": f"it took longer than {settings.CHILD_SECONDS:g} seconds"}
        return None

    def _settle(self, outcome: dict[str, Any]) -> None:
        self._end_child()
        seconds = time.monotonic() - self._begun
        if "problem" in outcome:
            _log.warning("%s, attempt %d: %s", self.run, self.run.attempt, outcome["problem"])
            held = queue.give_back(self.run, str(outcome["problem"]))
        elif "measures" in outcome:
            held = self._finish(outcome, seconds)
        elif outcome["faults"]:
            held = queue.refuse(self.run, outcome["faults"])
            if held:
                stored_files.drop(self.run.submission.path)
        else:
            held = queue.pass_check(self.run, outcome["facts"])
        if held:
            _log.info("%s, attempt %d: %.1f s", self.run, self.run.attempt, seconds)
            self.over = True
        else:
            self._lost()

    def _finish(self, outcome: dict[str, Any], seconds: float) -> bool:
        measures = outcome["measures"]
        replicates = {
            f"{board}_replicates": base64.b64decode(kept) if kept else None
            for board, kept in outcome["replicates"].items()
        }
        return queue.finish(
            self.run,
            scorer_version=SCORER_VERSION,
            truth_version=self._truth_version,
            public_measures=measures["public"],
            private_measures=measures["private"],
            public_plots=outcome["plots"],
            public_score=measures["public"]["micro_ap"],
            private_score=measures["private"]["micro_ap"],
            **replicates,
            seconds=round(seconds, 3),
            machine=f"{platform.node()} {platform.machine()} {platform.system()}"[:200],
        )

    def _lost(self) -> None:
        """Another worker has the run: what this one found is of no use."""
        _log.warning("%s was taken over by another worker; this attempt is discarded", self.run)
        self._end_child()
        self.over = True

    def _end_child(self) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._pipe.close()
