"""Runs tasks on the machines of a Ray cluster, or on this one; needs the extra `ray`.

Ray is imported when work starts, so that nothing else waits for it. Tasks are retried here rather than by Ray, as for
every engine: three times, whether a process, a machine or a result was lost.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import threading
import time
import uuid
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from copytrace.engines.engine import ATTEMPTS, WorkerDiedError
from copytrace.engines.local import available_cores
from copytrace.engines.worker import ONE_THREAD, Outcome, outcome_of
from copytrace.errors import CopytraceError, InputError, MissingDependencyError
from copytrace.extras import how_to_install

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from copytrace.engines.engine import OnDeath

Task = TypeVar("Task")
Result = TypeVar("Result")

_Ray = Any
"""The module, which may be missing."""

HERE = "local"
"""The address for a cluster of this machine only, which ends with the process."""

SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
"""The environment that Ray starts in: it sends no usage data, and workers have the priority of the command."""

_OBJECTS = 256 << 20
"""Bytes of shared memory for inputs and results of tasks, in a cluster of this machine; more goes to the disk."""


class RayEngine:
    """Runs tasks on a Ray cluster; see `Engine`. A process that is connected to a cluster stays connected to it.

    Args:
        slots: number of tasks to run at once; by default one per core of the cluster, even as machines join it.
        address: address of a cluster that this machine belongs to, HOST:PORT; `auto` finds it; `local` starts one here.
        ships: send the bytes of images and the rows of vectors with the tasks; otherwise tasks read them at the
            driver's paths.
    """

    remote = True

    def __init__(self, slots: int | None = None, *, address: str = HERE, ships: bool = False) -> None:
        self.ships = ships
        self._slots = slots
        self._address = address
        self._counted_at = -inf
        self._counted = 1

    @property
    def slots(self) -> int:
        """The number of tasks to run at once: the present number of cores in the cluster, unless set."""
        return self._slots or self._cores()

    def map_unordered(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        on_death: OnDeath[Task, Result] | None = None,
    ) -> Generator[tuple[Task, Result]]:
        """Run `work` on every task; see `Engine.map_unordered`. Closing the generator kills running tasks."""
        ray = self._connected()
        run = _Run[Task, Result](ray, work, iter(tasks), ships=self.ships)
        try:
            while run.hand_out(self._in_flight()):
                attempt, outcome = run.finish_one()
                if isinstance(outcome, Outcome):
                    yield attempt.task, outcome.get()
                elif attempt.deaths < ATTEMPTS:
                    run.again.append(attempt)
                elif on_death is None:
                    raise WorkerDiedError(outcome, "--slots")
                else:
                    yield attempt.task, on_death(attempt.task, WorkerDiedError(outcome, "--slots"))
        finally:
            run.cancel()

    def on_each_machine(
        self, work: Callable[[Task], Result], task: Task
    ) -> list[tuple[str, Result | CopytraceError]]:
        """Run one task on every machine of the cluster that runs tasks; see `Engine.on_each_machine`."""
        ray = self._connected()
        content = pickle.dumps(work), pickle.dumps(task)
        asked = []
        for node in ray.nodes():
            if node["Alive"] and node["Resources"].get("CPU"):
                there = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
                    node["NodeID"], soft=False
                )
                remote = ray.remote(num_cpus=0, max_retries=1, scheduling_strategy=there)(_do)
                name = f"{node['NodeManagerHostname']} (node {node['NodeID'][:8]})"
                asked.append((name, remote.remote("", _here(), [ray.put(content[0])], content[1])))
        answers = [(name, _answer(ray, reference)) for name, reference in asked]
        return [(name, answer) for name, answer in answers if not isinstance(answer, _Gone)]

    def _cores(self) -> int:
        """The number of cores of the cluster, at most a second old."""
        if (now := time.monotonic()) - self._counted_at >= 1:
            self._counted = max(1, int(self._connected().cluster_resources().get("CPU", 0)))
            self._counted_at = now
        return self._counted

    def _in_flight(self) -> int:
        """Tasks sent to the cluster: one per slot, plus a waiting one per core if cores set the limit."""
        cores = self._cores()
        slots = self._slots or cores
        return slots if slots < cores else 2 * slots

    def _connected(self) -> _Ray:
        """Ray itself, connected to the cluster.

        Raises:
            MissingDependencyError: Ray is not installed.
            InputError: there is no cluster at the address.
        """
        if find_spec("ray") is None:
            raise MissingDependencyError(f"The engine 'ray' needs Ray. Install it {how_to_install('ray')}")
        # Ray reads these when it is imported.
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        with _signals_kept():
            import ray
            import ray.util.scheduling_strategies

            if not ray.is_initialized():
                self._connect(ray)
        return ray

    def _connect(self, ray: _Ray) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
        if self._address == HERE:
            cores = self._slots or available_cores()
            ray.init(HERE, num_cpus=cores, include_dashboard=False, object_store_memory=_OBJECTS, **quiet)
        else:
            try:
                ray.init(self._address, **quiet)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise InputError(
                    f"--address {self._address}: this machine belongs to no Ray cluster there. Start one with "
                    "ray start --head, or join one with ray start --address HOST:PORT."
                ) from error
        # Ray would print each death of a worker on stdout, among the results. There is no public switch for it.
        ray._private.worker._worker_logs_enabled = False  # noqa: SLF001


@dataclass
class _Attempt(Generic[Task]):
    """A task, and the number of workers it killed."""

    task: Task
    deaths: int = 0


class _Run(Generic[Task, Result]):
    """The tasks of one run: those that were lost, and those in the cluster."""

    def __init__(
        self,
        ray: _Ray,
        work: Callable[[Task], Result],
        tasks: Iterator[Task],
        *,
        ships: bool,
    ) -> None:
        self.again: deque[_Attempt[Task]] = deque()
        self._ray = ray
        self._remote = ray.remote(num_cpus=1, max_retries=0)(_do)
        # A worker fetches the work once, by its name.
        self._name = uuid.uuid4().hex
        self._work = ray.put(pickle.dumps(work))
        self._attempts = map(_Attempt, tasks)
        self._dump = _dump_with_inputs if ships else pickle.dumps
        self._running: dict[Any, _Attempt[Task]] = {}

    def hand_out(self, most: int) -> bool:
        """Send tasks to the cluster until it has `most`; return whether it has any."""
        while len(self._running) < most:
            attempt = self.again.popleft() if self.again else next(self._attempts, None)
            if attempt is None:
                break
            task = self._dump(attempt.task)
            self._running[self._remote.remote(self._name, _here(), [self._work], task)] = attempt
        return bool(self._running)

    def finish_one(self) -> tuple[_Attempt[Task], Outcome[Result] | str]:
        """Wait for a task; return its outcome, or how its worker died."""
        (reference,), _ = self._ray.wait(list(self._running), num_returns=1)
        attempt = self._running.pop(reference)
        try:
            return attempt, self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            attempt.deaths += 1
            return attempt, _reason(self._ray, error)

    def cancel(self) -> None:
        """End running tasks, and forget the others."""
        for reference in self._running:
            self._ray.cancel(reference, force=True)


class _Gone:
    """A machine that was lost before it answered; it will do no work either."""


def _answer(ray: _Ray, reference: Any) -> Any:  # noqa: ANN401 - of whatever work it was
    """The result of a task, or why there is none."""
    try:
        return ray.get(reference).get()
    except CopytraceError as error:
        return error
    except (ray.exceptions.NodeDiedError, ray.exceptions.TaskUnschedulableError):
        return _Gone()
    except ray.exceptions.RayError as error:
        return CopytraceError(_reason(ray, error))


def _reason(ray: _Ray, error: Exception) -> str:
    """Why Ray lost a task, in a few words."""
    known = (
        ("OutOfMemoryError", "its machine ran out of memory"),
        ("NodeDiedError", "its machine was lost"),
        ("WorkerCrashedError", "killed or crashed"),
        ("ObjectLostError", "its result was lost"),
    )
    for name, reason in known:
        if isinstance(error, getattr(ray.exceptions, name)):
            return reason
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {str(cause).strip().splitlines()[-1]}"


class _Pickler(pickle.Pickler):
    """Pickles objects in their `shipped` form if they have one."""

    def reducer_override(self, value: Any) -> Any:  # noqa: ANN401 - pickle's own signature
        shipped = getattr(type(value), "shipped", None)
        return NotImplemented if shipped is None else shipped(value).__reduce_ex__(pickle.HIGHEST_PROTOCOL)


def _dump_with_inputs(task: object) -> bytes:
    stream = BytesIO()
    _Pickler(stream, pickle.HIGHEST_PROTOCOL).dump(task)
    return stream.getvalue()


_work: dict[str, bytes] = {}


def _here() -> tuple[str, list[str]]:
    """What a worker needs to resolve names like the driver: its folder, and its module paths."""
    return str(Path.cwd()), [str(entry) for entry in sys.path]


def _do(name: str, driver: tuple[str, list[str]], work: list[Any], task: bytes) -> Outcome[Any]:
    """Do a task; runs in a worker of Ray."""
    if name not in _work or not name:
        import ray

        _work.clear()
        _work[name] = ray.get(work[0])
        os.environ.update(ONE_THREAD)
        folder, modules = driver
        sys.path.extend(entry for entry in modules if entry not in sys.path)
        # On a machine that has the folder, relative paths mean the same as for the driver.
        with suppress(OSError):
            os.chdir(folder)
    return outcome_of(_work[name], task)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep the process's SIGTERM handler; Ray sets its own."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
