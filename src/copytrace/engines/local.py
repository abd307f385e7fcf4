"""Runs tasks in processes on this machine, without importing the caller's main module.

`multiprocessing` runs the caller's script again in every process it spawns, so a script without a `__main__` guard, a
notebook or code from stdin cannot use it. These workers import only what their tasks need.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing.connection import Pipe, wait
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from copytrace.engines.engine import ATTEMPTS, WorkerDiedError
from copytrace.engines.worker import ONE_THREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from copytrace.engines.engine import OnDeath
    from copytrace.engines.worker import Outcome
    from copytrace.errors import CopytraceError

Task = TypeVar("Task")
Result = TypeVar("Result")

_HELD = 2
"""Tasks per worker: the current one and the next, so that it never waits for the driver."""


def limit_library_threads() -> None:
    """Keep libraries imported from now on from starting threads, unless the user has set their number.

    For work on many small arrays in this process: on busy cores, BLAS threads wait for each other ten times as long as
    a single one would take.
    """
    for name, count in ONE_THREAD.items():
        os.environ.setdefault(name, count)


def one_thread_environment() -> dict[str, str]:
    """The environment of a process whose libraries must not start threads, unless the user has set their number."""
    return ONE_THREAD | os.environ


def available_cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalEngine:
    """Runs tasks in processes on this machine; see `Engine`.

    With one slot or a single task, the work runs in this process, which saves starting another.

    Attributes:
        slots: number of processes; by default one per core.
    """

    remote = False
    ships = False

    def __init__(self, workers: int | None = None) -> None:
        self.slots = workers or available_cores()

    def map_unordered(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        on_death: OnDeath[Task, Result] | None = None,
    ) -> Generator[tuple[Task, Result]]:
        """Run `work` on every task; see `Engine.map_unordered`."""
        remaining = iter(tasks)
        first = list(islice(remaining, 2))
        everything = chain(first, remaining)
        if self.slots == 1 or len(first) == 1:
            for task in everything:
                yield task, work(task)
            return
        crew = _Crew(work, everything, self.slots, on_death)
        try:
            yield from crew.run()
        finally:
            crew.dismiss()

    def on_each_machine(
        self, work: Callable[[Task], Result], task: Task
    ) -> list[tuple[str, Result | CopytraceError]]:
        """Does nothing: there are no other machines."""
        del work, task
        return []


@dataclass
class _Attempt(Generic[Task]):
    """A task, and the number of workers it killed."""

    task: Task
    deaths: int = 0


class _Worker(Generic[Task]):
    """A process, the pipe to it, and its attempts; it works on the first."""

    def __init__(self, work: Callable[[Task], Any]) -> None:
        self.held: deque[_Attempt[Task]] = deque()
        self.pipe, theirs = Pipe()
        code = (
            f"import sys; sys.path[:] = {[str(entry) for entry in sys.path]!r}; "
            f"from copytrace.engines.worker import serve; serve({theirs.fileno()})"
        )
        with theirs, _ctrl_c_blocked():
            self.process = subprocess.Popen(  # noqa: S603 - this very Python, on code written above
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=one_thread_environment(),
            )
        self._send(work)

    def take(self, attempt: _Attempt[Task]) -> None:
        """Hold an attempt until its outcome arrives."""
        self.held.append(attempt)
        self._send(attempt.task)

    def _send(self, message: object) -> None:
        # A dead worker is noticed when its outcome is read.
        with suppress(OSError):
            self.pipe.send(message)

    def stop(self) -> None:
        """Let the process finish its task and exit; `wait` waits for that."""
        with suppress(OSError):
            self.pipe.send_bytes(b"")
        self.pipe.close()


class _Crew(Generic[Task, Result]):
    """The workers of one run, started as tasks need them."""

    def __init__(
        self,
        work: Callable[[Task], Result],
        tasks: Iterator[Task],
        slots: int,
        on_death: OnDeath[Task, Result] | None,
    ) -> None:
        self._work = work
        self._on_death = on_death
        self._attempts = map(_Attempt, tasks)
        self._again: deque[_Attempt[Task]] = deque()
        self._slots = slots
        self._workers: list[_Worker[Task]] = []

    def run(self) -> Iterator[tuple[Task, Result]]:
        """Yield each task with its result."""
        while True:
            self._hand_out()
            busy = {worker.pipe: worker for worker in self._workers if worker.held}
            if not busy:
                return
            for pipe in wait(list(busy)):
                worker = busy[cast("Any", pipe)]
                try:
                    outcome: Outcome[Result] = worker.pipe.recv()
                except (EOFError, OSError):
                    yield from self._bury(worker)
                else:
                    yield worker.held.popleft().task, outcome.get()

    def dismiss(self) -> None:
        """End all workers; busy ones finish their task first."""
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.process.wait()

    def _hand_out(self) -> None:
        """Give every worker its next tasks, idle ones first."""
        for depth in range(_HELD):
            for slot in range(self._slots):
                if slot < len(self._workers) and len(self._workers[slot].held) > depth:
                    continue
                attempt = self._again.popleft() if self._again else next(self._attempts, None)
                if attempt is None:
                    return
                if slot == len(self._workers):
                    self._workers.append(_Worker(self._work))
                self._workers[slot].take(attempt)

    def _bury(self, worker: _Worker[Task]) -> Iterator[tuple[Task, Result]]:
        """Run the tasks of a dead worker again, elsewhere; yield the one that died too often, if it may fail."""
        self._workers.remove(worker)
        worker.pipe.close()
        status = worker.process.wait()
        attempt = worker.held[0]
        attempt.deaths += 1
        if attempt.deaths == ATTEMPTS:
            how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
            died = WorkerDiedError(how, "--workers")
            if self._on_death is None:
                raise died
            worker.held.popleft()
            yield attempt.task, self._on_death(attempt.task, died)
        self._again.extend(worker.held)


@contextmanager
def _ctrl_c_blocked() -> Iterator[None]:
    """Make processes that start in this block leave Ctrl-C to their parent from the very start.

    A process inherits which signals are blocked. The parent receives Ctrl-C when the block ends.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
