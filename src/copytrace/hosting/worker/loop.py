"""The worker: claims runs, tends their children, and stops on a signal.

Nothing in its thread may wait for the outside: while it waits, no lease is renewed. E-mail has a thread of its own.
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

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from copytrace.hosting import environment
from copytrace.hosting.services import queue, submitting, uploads
from copytrace.hosting.worker.mailer import Mailer
from copytrace.hosting.worker.slot import Slot

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

_log = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 5.0


class Worker:
    """Works on as many runs at once as it has slots, from one thread."""

    def __init__(self, concurrency: int) -> None:
        self._name = f"{platform.node()}:{os.getpid()}"
        self._concurrency = concurrency
        self._slots: list[Slot] = []
        self._stopping = False
        self._swept = 0.0
        self._context = _nursery()

    def stop(self, *_: object) -> None:
        """Begin no more runs, and give back those that are begun."""
        self._stopping = True

    def run(self) -> None:
        """Work until stopped. If the database goes away, wait for it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        _log.info("worker %s started with %d slots", self._name, self._concurrency)
        Mailer().start()
        while not self._stopping:
            try:
                self._step()
            except (DatabaseError, InterfaceError) as error:
                # What is not written yet is still in the slots, and is written once the database is back.
                _log.warning("the database is not responding: %s", str(error).strip())
                connection.close()
                time.sleep(min(settings.POLL_SECONDS, settings.HEARTBEAT_SECONDS))
        for slot in self._slots:
            # A lease that cannot be given back ends by itself.
            with suppress(DatabaseError, InterfaceError):
                slot.give_up()
        _log.info("worker %s stopped", self._name)

    def _step(self) -> None:
        for slot in self._slots:
            slot.tend()
        self._slots = [slot for slot in self._slots if not slot.over]
        while len(self._slots) < self._concurrency and self._begin():
            pass
        self._keep_house()
        pause = min(settings.POLL_SECONDS, settings.HEARTBEAT_SECONDS)
        handles = [handle for slot in self._slots for handle in slot.handles]
        if handles:
            wait(handles, timeout=pause)
        else:
            time.sleep(pause)

    def _begin(self) -> bool:
        """Begin the next run, if there is one and the machine has room for its process."""
        run = queue.claim(self._name)
        if run is None:
            return False
        try:
            self._slots.append(Slot(run, self._context))
        except (OSError, EOFError) as error:
            _log.warning("%s: could not start a process: %s", run, error)
            queue.give_back(run, f"could not start a process: {error}", counts=False)
            return False
        return True

    def _keep_house(self) -> None:
        if time.monotonic() - self._swept >= HOUSEKEEPING_SECONDS:
            submitting.receive_finished()
            uploads.sweep()
            uploads.sweep_forms()
            self._swept = time.monotonic()


def _nursery() -> ForkServerContext:
    """Where children come from: a process that has imported what scoring needs, so that each begins at once.

    It is started without the host's settings, so that no child has the database's address or the secret key.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["copytrace.hosting.worker.child"])
    for setting in environment.SETTINGS:
        os.environ.pop(environment.PREFIX + setting.name, None)
    return context
