"""The limited processes that read images and answer lookups."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from copytrace.engines.limited_worker import LimitedWorker
from copytrace.errors import CopytraceError
from copytrace.service.looker import answer, pack, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.engines.limited import Limits


class Lookers:
    """Some processes; each is started when it is first needed, and again when a request took it down.

    Args:
        library: what they look up in.
        count: processes.
        limits: what each may use.
        seconds: for a request, from when a process has it.
    """

    def __init__(self, library: Path, count: int, limits: Limits, seconds: float) -> None:
        self._library = str(library)
        self._seconds = seconds
        self._count = count
        self._threads = ThreadPoolExecutor(count, "looker")
        self._idle: asyncio.LifoQueue[LimitedWorker] = asyncio.LifoQueue()
        for _ in range(count):
            self._idle.put_nowait(LimitedWorker(answer, limits))

    async def do(self, what: str, data: bytes = b"", **arguments: Any) -> tuple[Any, bytes]:  # noqa: ANN401 - JSON
        """Have one of them do something.

        Raises:
            InputError: what was sent cannot be used.
            LimitedError: it takes too long or too much memory, or crashes.
        """
        worker = await self._idle.get()
        loop = asyncio.get_running_loop()
        request = pack({"do": what, "library": self._library, **arguments}, data)
        running = self._threads.submit(worker.call, request, self._seconds)
        # A process is idle when it has finished, not when whoever waited for it has gone.
        running.add_done_callback(lambda _: loop.call_soon_threadsafe(self._idle.put_nowait, worker))
        try:
            return unpack(await asyncio.wrap_future(running))
        except ValueError as error:
            raise CopytraceError("A process that answers lookups gave no answer.") from error

    async def warm_up(self, vector: bytes, bias: float | None) -> None:
        """Have each load the library and its model."""
        how = {"k": 1, "threshold": 0.0}
        work = [self.do("look up vector", vector, name="", bias=bias, how=how) for _ in range(self._count)]
        await asyncio.gather(*work)

    async def close(self) -> None:
        """End the processes, each after what it is at."""
        await asyncio.to_thread(self._threads.shutdown)
        # The last of them becomes idle by a call that is still to come.
        for _ in range(self._count):
            (await self._idle.get()).stop()
