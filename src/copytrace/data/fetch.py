"""Downloads one file: whole if it is small, in parallel parts if it is large; checked while it streams."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from typing import TYPE_CHECKING, Any, cast

from copytrace.data.partial_file import PartialFile
from copytrace.data.retry import RequestError, Retry
from copytrace.stores import Trouble

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult

    from copytrace.data.folder import Folder
    from copytrace.data.manifest import Entry
    from copytrace.progress import Bar
    from copytrace.stores import Store

PART_BYTES = 4 << 20
"""A file up to this size takes one request; a larger one is split into parts of this size."""

PARTS_AHEAD = 4
"""Parts of a file to download in parallel; parts after the first gap wait in memory."""

# Each larger chunk comes in fresh memory, which costs the system more than receiving it.
_CHUNK_BYTES = 1 << 16


class Fetcher:
    """Downloads files from one store into one folder.

    Args:
        store: location of the files.
        folder: the folder to fill.
        tries: the most attempts per request.
        bar: advances with arriving bytes, and goes back for those to download again.
    """

    def __init__(self, store: Store, folder: Folder, *, tries: int, bar: Bar) -> None:
        self._store = store
        self._folder = folder
        self._retry = Retry(store, tries)
        self._bar = bar

    async def fetch(self, entry: Entry) -> None:
        """Download a file and give it its final name if it matches the manifest.

        After a wrong digest, the file is downloaded again, since it may have been damaged in transit.

        Raises:
            RequestError: it cannot be downloaded, or does not match the manifest.
            OSError: it cannot be written.
        """
        for attempt in ("first", "second"):
            try:
                await (self._fetch_large(entry) if entry.bytes > PART_BYTES else self._fetch_small(entry))
            except _WrongDigestError as error:
                if attempt == "second":
                    raise RequestError(Trouble("wrong", str(error))) from error
            else:
                return

    async def _fetch_small(self, entry: Entry) -> None:
        async def whole() -> tuple[Any, float]:
            result = await self._get(entry)
            return await result.bytes_async(), result.meta["last_modified"].timestamp()

        data, modified = await self._retry.call(whole, entry.path)
        if len(data) != entry.bytes:
            raise RequestError(_wrong_size(entry, len(data)))
        _check(entry, hashlib.sha256(data).hexdigest())
        part = self._folder.part(entry)
        # Writing 20 KB into the page cache takes less time than passing it to a thread.
        try:
            part.write_bytes(data)
            self._folder.place(entry, part, modified)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._bar.advance(entry.bytes)

    async def _fetch_large(self, entry: Entry) -> None:
        part = await asyncio.to_thread(PartialFile, self._folder.part(entry), entry)
        try:
            self._bar.advance(part.length, earlier=True)
            try:
                await self._fetch_parts(entry, part)
            except RequestError as error:
                # Replaced at the source since the start, or the server does not support ranges: start over.
                if error.trouble.kind not in {"changed", "no ranges"}:
                    raise
                self._restart(part)
                if error.trouble.kind == "changed":
                    await self._fetch_parts(entry, part)
                else:
                    await self._retry.call(lambda: self._stream(entry, part), entry.path)
            digest = part.digest()
            if entry.sha256 and digest != entry.sha256:
                self._restart(part)
            _check(entry, digest)
            part.close()
            self._folder.place(entry, part.path, part.modified)
            part.forget()
        finally:
            part.close()

    async def _fetch_parts(self, entry: Entry, part: PartialFile) -> None:
        """Download the missing parts of a file, in order but several at a time."""
        if not part.validator:
            await self._begin(entry, part)
        ahead: deque[asyncio.Task[list[bytes]]] = deque()
        start = part.length
        try:
            while part.length < entry.bytes:
                while len(ahead) < PARTS_AHEAD and start < entry.bytes:
                    end = min(start + PART_BYTES, entry.bytes)
                    ahead.append(asyncio.create_task(self._range(entry, start, end, part.validator)))
                    start = end
                chunks = await ahead[0]
                ahead.popleft()
                await self._append(part, chunks)
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    async def _begin(self, entry: Entry, part: PartialFile) -> None:
        """Download the first part, with the validator that later tells whether the file is still the same."""

        async def first() -> tuple[list[bytes], GetResult]:
            result = await self._get(entry, range=(0, PART_BYTES))
            return [chunk async for chunk in result.stream(_CHUNK_BYTES)], result

        chunks, result = await self._retry.call(first, entry.path)
        part.begin(result)
        await self._append(part, chunks)

    async def _range(self, entry: Entry, start: int, end: int, validator: dict[str, Any]) -> list[bytes]:
        """Download a range; after an interruption, only the missing rest of it."""
        # Chunks are not joined, since every copy costs as much as receiving them.
        chunks: list[bytes] = []

        async def rest() -> None:
            there = sum(map(len, chunks))
            result = await self._get(entry, range=(start + there, end), **validator)
            async for chunk in result.stream(_CHUNK_BYTES):
                chunks.append(chunk)  # noqa: PERF401 - what came before a cut is kept

        await self._retry.call(rest, entry.path)
        return chunks

    async def _stream(self, entry: Entry, part: PartialFile) -> None:
        """Download a file from a server that can only send all of it."""
        self._restart(part)
        result = await self._get(entry)
        part.modified = result.meta["last_modified"].timestamp()
        async for chunk in result.stream(_CHUNK_BYTES):
            await self._append(part, [chunk])

    async def _append(self, part: PartialFile, chunks: list[bytes]) -> None:
        await asyncio.to_thread(part.append, chunks)
        self._bar.advance(sum(map(len, chunks)))

    def _restart(self, part: PartialFile) -> None:
        self._bar.advance(-part.length)
        part.restart()

    async def _get(self, entry: Entry, **options: Any) -> GetResult:  # noqa: ANN401 - as the library takes them
        """Request a file; refuse one of a different size than in the manifest before its bytes arrive."""
        from obstore import get_async

        asked = cast("GetOptions", options)
        result = await get_async(self._store.objects, self._store.key(entry.path), options=asked)
        if result.meta["size"] != entry.bytes:
            raise RequestError(_wrong_size(entry, result.meta["size"]))
        return result


class _WrongDigestError(Exception):
    """The bytes do not match the manifest."""


def _check(entry: Entry, digest: str) -> None:
    if entry.sha256 and digest != entry.sha256:
        raise _WrongDigestError(
            f"its SHA-256 at the source is {digest[:12]}..., the manifest says {entry.sha256[:12]}..."
        )


def _wrong_size(entry: Entry, size: int) -> Trouble:
    return Trouble("wrong", f"has {size:,} bytes at the source, the manifest says {entry.bytes:,}")
