"""The worker: claims runs, looks after their child processes, and stops on a signal.

Nothing in its thread may block on the outside, or leases would not be renewed. E-mail has its own thread.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import platform
import signal
import time
from contextlib import suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from copytrace.hosting import environment
from copytrace.hosting.worker.slot import Slot

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

    from copytrace.hosting.worker.claim import Source

_log = logging.getLogger(__name__)

PRELOADED = ["copytrace.hosting.worker.child", "copytrace.pipelines.closest_matches", "numpy.ma"]
"""Modules that children need, including late imports: loading them takes longer than scoring a small file."""

HOUSEKEEPING_SECONDS = 5.0

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables with the store's keys; the storage has already read them."""


class Worker:
    """Works on as many runs at once as it has slots, in one thread.

    Args:
        source: the source of runs.
        concurrency: the number of slots.
    """

    def __init__(self, source: Source, concurrency: int) -> None:
        self._source = source
        self._name = f"{platform.node()}:{os.getpid()}"
        self._concurrency = concurrency
        self._slots: list[Slot] = []
        self._stopping = False
        self._swept = 0.0
        self._context = _nursery()

    def stop(self, *_: object) -> None:
        """Start no more runs, and give back those in progress."""
        self._stopping = True

    def run(self) -> None:
        """Work until stopped. If the source of runs goes away, wait for it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        _log.info("worker %s started; files scored at once: %d", self._name, self._concurrency)
        while not self._stopping:
            try:
                self._step()
            except self._source.away as error:
                # Results stay in their slots until the source answers again.
                _log.warning("the source of runs is not responding: %s", str(error).strip())
                self._source.reconnect()
                time.sleep(self._pause)
        for slot in self._slots:
            # A lease that cannot be given back expires.
            with suppress(*self._source.away):
                slot.give_up()
        _log.info("worker %s stopped", self._name)

    @property
    def _pause(self) -> float:
        return min(self._source.poll_seconds, self._source.heartbeat_seconds)

    def _step(self) -> None:
        for slot in self._slots:
            slot.tend()
        self._slots = [slot for slot in self._slots if not slot.over]
        while len(self._slots) < self._concurrency and self._begin():
            pass
        if time.monotonic() - self._swept >= HOUSEKEEPING_SECONDS:
            self._source.keep_house()
            self._swept = time.monotonic()
        handles = [handle for slot in self._slots for handle in slot.handles]
        if handles:
            wait(handles, timeout=self._pause)
        else:
            time.sleep(self._pause)

    def _begin(self) -> bool:
        """Start the next run, if there is one and the machine has enough memory for its process."""
        claim = self._source.claim(self._name)
        if claim is None:
            return False
        slot = Slot(claim, self._source, self._context)
        if not slot.over:
            self._slots.append(slot)
        return not slot.over


def _nursery() -> ForkServerContext:
    """The process that forks the children: it has imported what scoring needs, so that each child starts at once.

    It is started without the host's settings and the store's credentials, so that no child has the database's address
    or a secret.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    for setting in environment.SETTINGS:
        os.environ.pop(environment.PREFIX + setting.name, None)
    for name in CREDENTIALS:
        os.environ.pop(name, None)
    return context
