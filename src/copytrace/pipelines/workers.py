"""Work spread over processes that die with their parent and finish what they hold when interrupted."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import wait as wait_for_handles
from typing import TYPE_CHECKING, TypeVar

from copytrace.errors import CopytraceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Task = TypeVar("Task")
Result = TypeVar("Result")


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_unordered(work: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int) -> Iterator[Result]:
    """Run `work` on every task in processes, and yield the results as they come.

    One worker is this process itself, which spares a small job the start of another. Tasks are drawn as
    workers become free, so that a million of them never stand in memory. When the caller stops early (Ctrl-C,
    an error), what the workers hold is finished and the rest is not begun.

    Raises:
        CopytraceError: a worker process died, for want of memory perhaps.
    """
    if workers == 1:
        yield from map(work, tasks)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker)
    remaining = iter(tasks)
    running: set[Future[Result]] = set()
    try:
        while True:
            wanted = list(islice(remaining, 2 * workers - len(running)))
            with _deaf_to_ctrl_c():
                running.update(pool.submit(work, task) for task in wanted)
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise CopytraceError(
            "A worker process died; the machine may be short of memory. What is done is kept: run the same "
            "command again with fewer --workers to go on."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Have the processes that start in this block leave Ctrl-C to their parent from their first moment.

    A process inherits which signals are blocked. The parent hears of a Ctrl-C when the block ends.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker() -> None:
    """Do not outlive the parent when it is killed."""
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_handles([parent.sentinel])
        os._exit(1)
