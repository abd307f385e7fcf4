"""A process of the local engine: receives work and tasks through a pipe, and sends back outcomes.

It finishes its task when the driver tells it to stop, and exits at once when the driver dies.
"""

from __future__ import annotations

import os
import pickle
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from copytrace.errors import CopytraceError

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
"""The environment of a worker, which uses one core: threads of several workers would wait for each other."""


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """The outcome of a task: its result, or the exception that ended it, with its traceback as text."""

    result: Result | None = None
    error: Exception | None = None
    trace: str = ""

    def get(self) -> Result:
        """The result; raises the exception if there is one."""
        if self.error is not None:
            self.error.add_note(self.trace)
            raise self.error
        return cast("Result", self.result)


def serve(descriptor: int) -> None:
    """Run tasks until the driver says stop; the first message is the work, every other one a task."""
    pipe: Connection[Any, Any] = Connection(descriptor)
    messages: SimpleQueue[bytes] = SimpleQueue()
    stopped = threading.Event()
    threading.Thread(target=_receive, args=(pipe, messages, stopped), daemon=True).start()
    work = messages.get()
    while (task := messages.get()) and not stopped.is_set():
        # A driver that has said stop no longer listens.
        with suppress(BrokenPipeError):
            pipe.send(outcome_of(work, task))


def _receive(pipe: Connection[Any, Any], messages: SimpleQueue[bytes], stopped: threading.Event) -> None:
    """Queue the driver's messages. An empty message means stop; a closed pipe without it means that the driver died."""
    try:
        while message := pipe.recv_bytes():
            messages.put(message)
    except (EOFError, OSError):
        os._exit(1)
    stopped.set()
    messages.put(b"")


_loaded: dict[bytes, Callable[[Any], Any]] = {}


def outcome_of(work: bytes, task: bytes) -> Outcome[Any]:
    """Run a task; both work and task are pickled, and the work is kept for the next one."""
    try:
        if work not in _loaded:
            # A worker of another engine may outlive its work.
            _loaded.clear()
            _loaded[work] = pickle.loads(work)
        return Outcome(_loaded[work](pickle.loads(task)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the driver raises it
        return Outcome(error=_portable(error), trace="".join(traceback.format_exception(error)))


def _portable(error: Exception) -> Exception:
    """The exception, or its message if it cannot be pickled."""
    try:
        portable: Exception = pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - an exception may fail to be pickled in any way
        return CopytraceError(f"{type(error).__name__}: {error}")
    return portable
