"""What the service does: lookups on several threads, changes one after the other on one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from copytrace.engines import available_cores
from copytrace.errors import CopytraceError, ImageError
from copytrace.images import ImageFile, Thumbnail, thumbnail_jpeg
from copytrace.library import Library
from copytrace.service.bounds import Bounds, Gate
from copytrace.service.decoders import Decoders, Received
from copytrace.service.metrics import Metrics
from copytrace.service.problems import Problem
from copytrace.service.threads import LibraryThreads

if TYPE_CHECKING:
    from concurrent.futures import Future

    from copytrace.library import Item, Lookup

Result = TypeVar("Result")

THUMBNAIL_SIDE = 1024
"""The longest side of pictures that pages show."""
PATIENCE = 10.0
"""Seconds for which a change waits for another process that is changing the library."""

_LOG = logging.getLogger("copytrace.service")


class Backend:
    """A library with the threads and processes that serve it.

    Args:
        path: the library.
        bounds: what requests may take.

    Raises:
        InputError: there is no library.
        CopytraceError: a file of it is missing or damaged, or its model is not here.
    """

    def __init__(self, path: Path, bounds: Bounds) -> None:
        with Library.open(path) as library:
            self.path = library.path
            self.settings = library.settings
            self._smallest_side = library.smallest_side
        self.bounds = bounds
        self.metrics = Metrics()
        self.lookups = Gate(bounds.lookups)
        self.writes = Gate(bounds.writes)
        self.is_ready = False
        self._asking: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start threads, and load what the first lookup needs."""
        cores = available_cores()
        self._readers = LibraryThreads(self.path, cores)
        self._writer = LibraryThreads(self.path, 1, patience=PATIENCE)
        self._decoders = Decoders(cores, self.bounds)
        await asyncio.gather(*(asyncio.wrap_future(self._readers.submit(_warm_up)) for _ in range(cores)))
        self.is_ready = True

    async def stop(self) -> None:
        """Finish what was accepted, and end."""
        self.is_ready = False
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._decoders.close()
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)

    async def read(self, job: Callable[[Library], Result]) -> Result:
        """Do something that changes nothing.

        Raises:
            TimeoutError: it takes too long.
        """
        return await self._within(self._readers.submit(job))

    async def write(self, job: Callable[[Library], Result]) -> Result:
        """Change the library when it is this change's turn.

        Raises:
            Problem: too many changes wait.
            TimeoutError: its turn does not come in time; it is then not made.
            LockedError: another process is changing the library.
        """
        with self.writes:
            return await self._within(self._writer.submit(job))

    async def receive(self, data: bytes, name: str) -> Received:
        """Decode an image in a limited process.

        Raises:
            InputError: it cannot be decoded.
            TimeoutError: decoding does not begin and end in time.
        """
        if not data:
            raise Problem(422, "The body is empty; expected the bytes of an image.")
        async with asyncio.timeout(self.bounds.seconds):
            return await self._decoders.decode(data, name, self._smallest_side)

    async def lookup(self, received: Received, k: int, threshold: float | None) -> Lookup:
        """Look up an image; its uncertain matches enter the queue for review."""
        found = await self.read(lambda library: library.lookup(received.decoded, k=k, threshold=threshold))
        if any(hit.uncertain for hit in found.hits) and not self.writes.is_full:
            task = asyncio.create_task(self._ask_about(found, received))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return found

    async def add(
        self, received: Received, item_id: str, metadata: dict[str, Any], *, replace: bool
    ) -> tuple[Item, bool]:
        """Add an image; see `Library.add_bytes`."""
        return await self.write(
            lambda library: library.add_bytes(
                item_id, received.data, decoded=received.decoded, metadata=metadata, replace=replace
            )
        )

    async def item(self, item_id: str) -> Item:
        """An item.

        Raises:
            Problem: there is none of that ID.
        """
        found = await self.read(lambda library: library.item(item_id))
        if found is None:
            raise Problem(404, f"The library has no item {item_id!r}.")
        return found

    async def thumbnail(self, item: Item) -> Thumbnail:
        """A small JPEG of an item's image.

        Raises:
            Problem: the image is not at its place, or inside a tar file or on the web.
        """
        file = ImageFile(item.id, item.path, item.relative)
        try:
            data = await asyncio.to_thread(file.read_bytes)
            received = await self.receive(data, item.id)
        except ImageError as error:
            raise Problem(404, f"The picture of {item.id!r} cannot be shown: {error.reason}.") from error
        return await asyncio.to_thread(_thumbnail_of, received)

    async def _ask_about(self, found: Lookup, received: Received) -> None:
        picture = await asyncio.to_thread(_thumbnail_of, received)
        try:
            await self.write(lambda library: library.ask_about(found, picture))
        except (CopytraceError, Problem, TimeoutError) as error:
            _LOG.warning("%s: its matches could not be queued for review: %s", found.query, error)

    async def _within(self, future: Future[Result]) -> Result:
        async with asyncio.timeout(self.bounds.seconds):
            return await asyncio.wrap_future(future)


def _thumbnail_of(received: Received) -> Thumbnail:
    return Thumbnail(thumbnail_jpeg(received.decoded.image, THUMBNAIL_SIDE), *received.size)


def _warm_up(library: Library) -> None:
    settings = library.settings
    vector = np.zeros((1, settings.dims), np.float32)
    bias = np.zeros(1, np.float32) if settings.biased else None
    library.lookup_vectors(vector, bias, threshold=0)


