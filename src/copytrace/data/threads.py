"""Disk-bound work in several threads; results come in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Task = TypeVar("Task")
Result = TypeVar("Result")

THREADS = 8
"""Digests are computed without Python's lock, and a disk handles several requests at once."""


def in_threads(work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
    """Run `work` on every task, and yield the results in order; few tasks are drawn ahead."""
    remaining = iter(tasks)
    with ThreadPoolExecutor(THREADS) as pool:
        running: deque[Future[Result]] = deque()
        try:
            running.extend(pool.submit(work, task) for task in islice(remaining, 2 * THREADS))
            while running:
                result = running.popleft().result()
                running.extend(pool.submit(work, task) for task in islice(remaining, 1))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)
