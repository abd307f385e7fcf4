"""Downloads a dataset: many files at once, only what is missing, nothing that is broken."""

from __future__ import annotations

import asyncio
import errno
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from copytrace.data.fetch import PART_BYTES, Fetcher
from copytrace.data.folder import Folder
from copytrace.data.manifest import join, read_manifest, write_manifest
from copytrace.data.plan import Plan, make_plan, require_room
from copytrace.data.retry import RequestError
from copytrace.errors import CopytraceError, DataError
from copytrace.progress import SILENT, Bar, Progress
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.data.manifest import Entry, Manifest
    from copytrace.stores import Store, Trouble

CONNECTIONS = 64
"""Small files that are fetched at once; a bucket far away answers each after a tenth of a second."""

LARGE_AT_ONCE = 4
"""Large files that are fetched at once, each by several connections."""

TRIES = 5
"""How often a request is made before its file counts as failed."""

_GIVE_UP_AFTER = 20
"""Files in a row that fail for want of an answer, before the source counts as gone."""

_DISK_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


@dataclass
class Downloaded:
    """What a download came to.

    Attributes:
        files: number of files fetched.
        bytes: their size.
        whole: number of files that were there already.
        failures: files that could not be fetched, by path, with reasons.
        untried: number of files that were not tried, as the source had gone.
        seconds: wall-clock time of fetching.
    """

    files: int = 0
    bytes: int = 0
    whole: int = 0
    failures: list[Failure] = field(default_factory=list)
    untried: int = 0
    seconds: float = 0.0


def prepare(manifest: Manifest, output: Path, *, progress: Progress = SILENT, dry: bool = False) -> Plan:
    """Find out what a download has to fetch, and make sure that there is room.

    Args:
        manifest: what is wanted.
        output: the folder.
        progress: hears how far the work is.
        dry: change nothing on the disk.

    Raises:
        DataError: the folder cannot be made.
        CopytraceError: the disk has no room.
    """
    folder = Folder(output)
    if output.is_file():
        raise DataError(f"{output}: is a file; a folder is wanted for the download.")
    plan = make_plan(manifest, folder, progress, mark=not dry)
    require_room(plan.wanted, output)
    return plan


def download(
    manifest: Manifest,
    store: Store,
    output: Path,
    *,
    plan: Plan | None = None,
    connections: int = CONNECTIONS,
    tries: int = TRIES,
    progress: Progress = SILENT,
) -> Downloaded:
    """Fetch what is missing, truncated or altered; the same call goes on after an interruption.

    A file gets its final name when its size and SHA-256 are those of the manifest. A file that cannot be
    fetched does not stop the others. What was asked for is kept in `manifest.parquet` in the folder.

    Args:
        manifest: what is wanted.
        store: where it lies.
        output: the folder to fill.
        plan: what `prepare` has found out; found out now by default.
        connections: small files that are fetched at once.
        tries: how often a request is made at most.
        progress: hears how far the work is.

    Raises:
        DataError: the folder cannot be made, or leads elsewhere by a link.
        CopytraceError: the disk is full, or another download is filling the folder.
    """
    plan = plan or prepare(manifest, output, progress=progress)
    folder = Folder(output)
    folder.create()
    done = Downloaded(whole=plan.whole)
    begun = time.monotonic()
    with folder.locked():
        _keep_manifest(manifest, folder)
        if len(plan.wanted):
            with progress.task("download", plan.wanted.bytes, "bytes") as bar:
                run = _Run(plan.wanted, Fetcher(store, folder, tries=tries, bar=bar), done, bar)
                asyncio.run(run.all_files(connections))
            if run.refused is not None and (advice := store.advice(run.refused)):
                progress.note(f"{store.address}:{advice}")
        done.failures.sort(key=lambda failure: failure.name)
        done.seconds = time.monotonic() - begun
        if not done.failures and not done.untried:
            folder.remove_parts()
    return done


class _Run:
    """One download while it runs.

    Attributes:
        refused: a refusal of the source, if there was one.
    """

    def __init__(self, wanted: Manifest, fetcher: Fetcher, done: Downloaded, bar: Bar) -> None:
        self._wanted = wanted
        self._fetcher = fetcher
        self._done = done
        self._bar = bar
        self._unanswered = 0
        self.refused: Trouble | None = None

    async def all_files(self, connections: int) -> None:
        """Fetch all; small and large files side by side, each kind in the order of the manifest."""
        large = np.asarray(self._wanted.table["bytes"]) > PART_BYTES
        queues = (
            (iter(self._wanted.take(~large)), connections),
            (iter(self._wanted.take(large)), LARGE_AT_ONCE),
        )
        try:
            async with asyncio.TaskGroup() as group:
                for queue, count in queues:
                    for _ in range(count):
                        group.create_task(self._take_from(queue))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        self._done.untried = sum(1 for queue, _ in queues for _ in queue)

    async def _take_from(self, queue: Iterator[Entry]) -> None:
        for entry in queue:
            await self._fetch(entry)
            if self._unanswered >= _GIVE_UP_AFTER:
                return

    async def _fetch(self, entry: Entry) -> None:
        try:
            await self._fetcher.fetch(entry)
        except RequestError as error:
            self._unanswered += error.trouble.passing
            if error.trouble.kind == "refused":
                self.refused = error.trouble
            self._done.failures.append(Failure(entry.path, error.trouble.reason))
        except DataError as error:
            self._done.failures.append(Failure(entry.path, str(error)))
        except OSError as error:
            if error.errno in _DISK_FAULTS:
                raise CopytraceError(
                    f"{entry.path}: cannot be written: {(error.strerror or str(error)).lower()}. What is done is kept: "
                    "make room, and run the same command again to go on."
                ) from error
            self._done.failures.append(Failure(entry.path, f"cannot be written: {error.strerror}".lower()))
        else:
            self._unanswered = 0
            self._done.files += 1
            self._done.bytes += entry.bytes
        self._bar.show(f"{self._done.files:,} of {len(self._wanted):,} files")


def _keep_manifest(manifest: Manifest, folder: Folder) -> None:
    """Add what is wanted to what earlier calls wanted, for `copytrace data verify`."""
    if not manifest.has_digests:
        return
    kept = manifest
    if folder.manifest.exists():
        try:
            kept = join(read_manifest(folder.manifest), manifest)
        except DataError:
            # It is of another dataset, or damaged; what is wanted now is what counts.
            kept = manifest
    write_manifest(folder.manifest, kept)
