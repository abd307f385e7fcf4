"""Manages the limited processes that read images and answer lookups."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from copytrace.engines.limited_worker import LimitedWorker
from copytrace.errors import CopytraceError
from copytrace.service.looker import answer, pack, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.engines.limited import Limits

START = 600
"""Seconds that a process may take to load the library; preparing vectors for the first time takes longest."""


class Lookers:
    """A pool of processes; each starts when first needed, and again if a request crashes it.

    Args:
        library: the library.
        count: number of processes.
        limits: limits of each process.
        seconds: time limit per request, once a process has it.
    """

    def __init__(self, library: Path, count: int, limits: Limits, seconds: float) -> None:
        self._library = str(library)
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(count, "looker")
        self._workers = [LimitedWorker(answer, limits) for _ in range(count)]
        self._idle = list(self._workers)
        # Requests waiting for a process; quick ones go before lookups.
        self._quick: deque[asyncio.Future[LimitedWorker]] = deque()
        self._slow: deque[asyncio.Future[LimitedWorker]] = deque()

    async def do(
        self,
        what: str,
        data: bytes = b"",
        *,
        seconds: float | None = None,
        **arguments: Any,  # noqa: ANN401 - JSON
    ) -> tuple[Any, bytes]:
        """Let a process do something.

        Raises:
            InputError: the request cannot be used.
            LimitedError: it takes too long or too much memory, or crashes.
        """
        worker = await self._taken(self._slow if what == "look up" else self._quick)
        loop = asyncio.get_running_loop()
        request = pack({"do": what, "library": self._library, **arguments}, data)
        running = self._threads.submit(worker.call, request, seconds or self._seconds)
        # A process is idle when it has finished, not when the waiting request has gone.
        running.add_done_callback(lambda _: loop.call_soon_threadsafe(self._put_back, worker))
        try:
            return unpack(await asyncio.wrap_future(running))
        except ValueError as error:
            raise CopytraceError("A lookup process returned no answer.") from error

    async def _taken(self, waiting: deque[asyncio.Future[LimitedWorker]]) -> LimitedWorker:
        """Wait for an idle process."""
        if self._idle:
            return self._idle.pop()
        turn: asyncio.Future[LimitedWorker] = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # Its turn came just after it had given up.
                self._put_back(turn.result())
            raise

    def _put_back(self, worker: LimitedWorker) -> None:
        for waiting in (self._quick, self._slow):
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(worker)
                    return
        self._idle.append(worker)

    async def warm_up(self, vector: bytes, bias: float | None, version: str) -> None:
        """Make each process load the library and its model."""
        how = {"k": 1, "threshold": 0.0}
        work = [
            self.do("look up vector", vector, name="", bias=bias, version=version, how=how, seconds=START)
            for _ in self._workers
        ]
        await asyncio.gather(*work)

    async def close(self) -> None:
        """End the processes, each after its present task."""
        await asyncio.to_thread(self._threads.shutdown)
        for worker in self._workers:
            worker.stop()
