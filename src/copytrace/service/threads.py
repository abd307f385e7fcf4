"""Threads that each open the library, since an open library serves one thread."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from copytrace.errors import LockedError
from copytrace.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Result = TypeVar("Result")

_Job = tuple["Callable[[Library], Any]", "Future[Any]"]


class LibraryThreads:
    """Runs jobs in order, each on a thread with an open library.

    Args:
        path: the library.
        count: number of threads.
        patience: seconds to retry a job while another process changes the library.
    """

    def __init__(self, path: Path, count: int, *, patience: float = 0) -> None:
        self._path = path
        self._patience = patience
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"library-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Callable[[Library], Result]) -> Future[Result]:
        """Queue a job; cancelling its future withdraws it unless it has started."""
        future: Future[Result] = Future()
        self._jobs.put((job, future))
        return future

    def close(self) -> None:
        """Finish all jobs, and close the libraries."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        library: Library | None = None
        while (given := self._jobs.get()) is not None:
            job, future = given
            if not future.set_running_or_notify_cancel():
                continue
            try:
                library = library or Library.open(self._path)
                future.set_result(self._try(job, library))
            except BaseException as error:  # noqa: BLE001 - raised where the job is awaited
                future.set_exception(error)
        if library is not None:
            library.close()

    def _try(self, job: Callable[[Library], Result], library: Library) -> Result:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return job(library)
            except LockedError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(0.05)
