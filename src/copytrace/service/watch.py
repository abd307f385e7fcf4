"""Looks up files that arrive in a folder, and sends a message about each."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from copytrace.engines.limited import LimitedError
from copytrace.errors import ImageError, InputError, SourceError
from copytrace.images import list_images
from copytrace.service.events import Event, Events
from copytrace.service.webhooks import RETRIES, deliver

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.images import ImageFile
    from copytrace.service.backend import Backend
    from copytrace.service.webhooks import Webhook

EVERY = 2.0
"""Seconds between two scans of the folder. A file is looked up once it has not changed between two scans."""

_LOG = logging.getLogger("copytrace.service")


@dataclass(frozen=True)
class Watch:
    """A folder to watch.

    Attributes:
        folder: the folder where files arrive, including subfolders.
        webhook: where to send messages; None: only log.
        every: seconds between two scans.
    """

    folder: Path
    webhook: Webhook | None = None
    every: float = EVERY


class Watcher:
    """Watches a folder until it is stopped; unfinished work is done after the next start.

    Args:
        watch: what to watch.
        backend: answers lookups.
        events: the log.
    """

    def __init__(self, watch: Watch, backend: Backend, events: Events) -> None:
        self._watch = watch
        self._backend = backend
        self._events = events
        self._seen = events.seen()
        self._before: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start watching."""
        loops = [self._look] if self._watch.webhook is None else [self._look, self._send]
        self._tasks = [asyncio.create_task(self._repeat(loop)) for loop in loops]

    async def stop(self) -> None:
        """Stop; a lookup or message in progress is repeated after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, work: Any) -> None:  # noqa: ANN401 - one of the two below
        while True:
            try:
                await work()
            except Exception:  # noqa: BLE001 - see below
                # The watch continues whatever a single file or response does.
                _LOG.exception("%s: watching failed", self._watch.folder)
            await asyncio.sleep(self._watch.every)

    async def _look(self) -> None:
        """Look up all files that are new and have not changed since the last scan."""
        files = await asyncio.to_thread(self._listed)
        marks = {path: mark for path, (_, mark) in files.items() if self._seen.get(path) != mark}
        settled = [path for path, mark in marks.items() if self._before.get(path) == mark]
        self._before = marks
        for path in settled:
            await self._look_up(files[path][0], marks[path])

    def _listed(self) -> dict[str, tuple[ImageFile, str]]:
        """The files in the folder, each with a fingerprint that changes when it does."""
        try:
            images = list_images(self._watch.folder, ids="path")
        except SourceError:
            # A folder without images is not a source; images may come later.
            return {}
        found = {}
        for image in images:
            try:
                found[image.path] = image, image.fingerprint()
            except ImageError:
                continue  # It is already gone.
        return found

    async def _look_up(self, file: ImageFile, mark: str) -> None:
        kind, outcome, content = await self._outcome(file)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        if self._watch.webhook is None:
            event = Event(_new_id(), file.path, at, outcome, "", "logged", 0, None)
        else:
            message = {"type": kind, "timestamp": at, "data": {"path": file.path, **content}}
            event = Event(_new_id(), file.path, at, outcome, json.dumps(message), "waiting", 0, None)
        await asyncio.to_thread(self._events.log, event, mark)
        self._seen[file.path] = mark
        _LOG.info("%s: %s", file.name, outcome)

    async def _outcome(self, file: ImageFile) -> tuple[str, str, dict[str, Any]]:
        """The type of message, the result in words, and all details.

        Errors that are not the file's fault are raised: it is looked up again after the next scan.
        """
        try:
            data = await asyncio.to_thread(file.read_bytes, max_bytes=self._backend.bounds.body)
            lookup = await self._backend.lookup(data, file.name)
        except (InputError, LimitedError) as error:
            return "lookup.failed", f"failed: {error}", {"reason": str(error)}
        return "lookup.completed", _in_words(lookup), lookup

    async def _send(self) -> None:
        """Send all due messages."""
        if self._watch.webhook is None:
            return
        async with httpx.AsyncClient() as client:
            while (event := await asyncio.to_thread(self._events.due)) is not None:
                problem = await deliver(client, self._watch.webhook, event)
                if problem is None:
                    await asyncio.to_thread(self._events.delivered, event)
                    continue
                again_in = RETRIES[event.attempts] if event.attempts < len(RETRIES) else None
                await asyncio.to_thread(self._events.failed, event, problem, again_in)
                fate = "giving up" if again_in is None else f"trying again in {again_in} s"
                _LOG.warning("%s: its message was not accepted (%s); %s", event.path, problem, fate)


def _new_id() -> str:
    return f"msg_{uuid.uuid4().hex}"


def _in_words(lookup: dict[str, Any]) -> str:
    # Items are not named: an item that is purged must leave no trace in the log.
    copies = sum(hit["likely_copy"] for hit in lookup["hits"])
    if not copies:
        return "no copy found"
    return f"likely copies: {copies}"
