"""Runs the service's work: lookups in limited processes, changes one at a time on one thread."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from copytrace.engines.limited import Limits
from copytrace.errors import CopytraceError
from copytrace.images import Thumbnail
from copytrace.library import Described, Library, UpgradedError
from copytrace.service.bounds import Gate
from copytrace.service.lookers import Lookers
from copytrace.service.metrics import Metrics
from copytrace.service.problems import Problem
from copytrace.service.threads import LibraryThreads

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from copytrace.library import Item, Settings
    from copytrace.records import Float32Array
    from copytrace.service.bounds import Bounds

Result = TypeVar("Result")

READERS = 4
"""Threads that read the catalogue."""
PATIENCE = 10.0
"""Seconds that a change waits for another process that is changing the library."""

_LOG = logging.getLogger("copytrace.service")


class Backend:
    """A library with the threads and processes that serve it.

    Args:
        path: the library.
        bounds: limits for requests.
        workers: processes for lookups.

    Raises:
        InputError: there is no library.
        CopytraceError: its catalogue is missing or damaged.
    """

    def __init__(self, path: Path, bounds: Bounds, workers: int) -> None:
        with Library.open(path) as library:
            self.path = library.path
            size = library.stats().bytes
        self.bounds = bounds
        self._workers = workers
        self.metrics = Metrics()
        self.lookups = Gate(bounds.lookups)
        self.uploads = Gate(bounds.writes)
        self.writes = Gate(bounds.writes)
        self.is_ready = False
        # Files of the library are memory-mapped, even after it has grown.
        self._limits = Limits(bounds.memory + 4 * size, files=4096)
        self._asking: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start threads and processes, and load what the first lookup needs.

        Raises:
            CopytraceError: a file of the library is missing or damaged, or its model is not available.
        """
        self._readers = LibraryThreads(self.path, READERS)
        self._writer = LibraryThreads(self.path, 1, patience=PATIENCE)
        self._lookers = Lookers(self.path, self._workers, self._limits, self.bounds.work)
        settings = await self.settings()
        nothing = np.zeros(settings.dims, np.float32)
        await self._lookers.warm_up(nothing.tobytes(), 0.0 if settings.biased else None, settings.version)
        self.is_ready = True

    async def stop(self) -> None:
        """Finish accepted work, then stop."""
        self.is_ready = False
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._lookers.close()
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)

    async def read(self, job: Callable[[Library], Result]) -> Result:
        """Read the catalogue.

        Raises:
            TimeoutError: it takes too long.
        """
        return await self._within(self._readers.submit(job))

    async def settings(self) -> Settings:
        """The library's settings, which an upgrade changes."""
        return await self.read(lambda library: library.settings)

    async def write(self, job: Callable[[Library], Result]) -> Result:
        """Change the library when it is this change's turn.

        Raises:
            Problem: too many changes are waiting.
            TimeoutError: its turn does not come in time, so it is not made; or it has started and takes too long.
            LockedError: another process is changing the library.
        """
        with self.writes:
            return await self._within(self._writer.submit(job))

    async def lookup(self, data: bytes, name: str, **how: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Look up an image, and add its uncertain matches to the review queue.

        Args:
            data: the file.
            name: its name.
            **how: arguments of `Library.lookup`.

        Returns:
            The result of `Lookup.to_dict`, with the picture's width and height as `query_size`.
        """
        found, jpeg = await self._look("look up", data, name=name, pixels=self.bounds.pixels, how=how)
        lookup: dict[str, Any] = found["lookup"]
        if found["uncertain"] and not self.writes.is_full:
            asking = self._ask_about(lookup, found["uncertain"], jpeg)
            self._asking.add(task := asyncio.create_task(asking))
            task.add_done_callback(self._asking.discard)
        return lookup

    async def lookup_vector(
        self,
        vector: Float32Array,
        bias: float | None,
        version: str,
        **how: Any,  # noqa: ANN401 - JSON
    ) -> dict[str, Any]:
        """Find the items with the nearest vectors to a vector of the model `version`; see `Library.lookup_vectors`."""
        data = vector.astype(np.float32).tobytes()
        found, _ = await self._look(
            "look up vector", data, name="vector", bias=bias, version=version, how=how
        )
        lookup: dict[str, Any] = found["lookup"]
        return lookup

    async def describe(self, data: bytes, name: str) -> Described:
        """Describe an image; see `Library.describe`."""
        head, vector = await self._look("describe", data, name=name, pixels=self.bounds.pixels)
        return Described(np.frombuffer(vector, np.float32), head["bias"], head["version"])

    async def add(
        self, data: bytes, item_id: str, metadata: dict[str, Any], *, replace: bool
    ) -> tuple[Item, bool]:
        """Add an image; see `Library.add_bytes`."""
        while True:
            described = await self.describe(data, item_id)
            add = partial(
                Library.add_bytes,
                item_id=item_id,
                data=data,
                described=described,
                metadata=metadata,
                replace=replace,
            )
            # The library may be upgraded between both.
            with suppress(UpgradedError):
                return await self.write(add)

    async def item(self, item_id: str) -> Item:
        """An item.

        Raises:
            Problem: there is no item with this ID.
        """
        found = await self.read(lambda library: library.item(item_id))
        if found is None:
            raise Problem(404, f"The library has no item {item_id!r}.")
        return found

    async def thumbnail(self, item_id: str) -> Thumbnail:
        """A small JPEG of an item's image.

        Raises:
            Problem: the item does not exist, or its image is no longer at its path.
        """
        item = await self.item(item_id)
        head, jpeg = await self._look("show", id=item_id)
        if head["size"] is None:
            raise Problem(404, f"{item.path} no longer exists.")
        return Thumbnail(jpeg, *head["size"])

    async def _look(self, what: str, data: bytes = b"", **arguments: Any) -> tuple[Any, bytes]:  # noqa: ANN401
        """Let a limited process do something, waiting for its turn if needed."""
        async with asyncio.timeout(self.bounds.wait):
            return await self._lookers.do(what, data, **arguments)

    async def _ask_about(self, lookup: dict[str, Any], uncertain: list[str], jpeg: bytes) -> None:
        picture = Thumbnail(jpeg, *lookup["query_size"])
        hits = {hit["id"]: hit for hit in lookup["hits"] if hit["id"] in uncertain}
        try:
            await self.write(
                lambda library: library.ask_about(lookup["query_sha256"], lookup["query"], picture, hits)
            )
        except (CopytraceError, Problem, TimeoutError) as error:
            _LOG.warning("%s: its matches could not be queued for review: %s", lookup["query"], error)

    async def _within(self, future: Future[Result]) -> Result:
        async with asyncio.timeout(self.bounds.seconds):
            return await asyncio.wrap_future(future)
