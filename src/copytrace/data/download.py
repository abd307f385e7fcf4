"""Downloads a dataset: many files at once, only what is missing or damaged."""

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
"""Small files to download at once; a distant bucket takes a tenth of a second to answer each."""

LARGE_AT_ONCE = 4
"""Large files to download at once, each with several connections."""

TRIES = 5
"""Attempts per request before its file counts as failed."""

_GIVE_UP_AFTER = 20
"""Files in a row that get no answer before the source counts as unreachable."""

_DISK_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


@dataclass
class Downloaded:
    """The result of a download.

    Attributes:
        files: number of files downloaded.
        bytes: their size.
        whole: number of files that were complete already.
        failures: files that could not be downloaded, by path, with reasons.
        untried: number of files not tried, because the source became unreachable.
        seconds: wall-clock time of the download.
    """

    files: int = 0
    bytes: int = 0
    whole: int = 0
    failures: list[Failure] = field(default_factory=list)
    untried: int = 0
    seconds: float = 0.0


def prepare(manifest: Manifest, output: Path, *, progress: Progress = SILENT, dry: bool = False) -> Plan:
    """Determine what to download, and check the free disk space.

    Args:
        manifest: the files to download.
        output: the folder.
        progress: reports progress.
        dry: change nothing on disk.

    Raises:
        DataError: the folder cannot be created.
        CopytraceError: the disk has too little space.
    """
    folder = Folder(output)
    if output.is_file():
        raise DataError(f"{output}: is a file; expected a folder for the download.")
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
    """Download what is missing, truncated or altered; the same call resumes an interrupted download.

    A file gets its final name once its size and SHA-256 match the manifest. A file that cannot be downloaded does not
    stop the others. The requested manifest is kept in `manifest.parquet` in the folder.

    Args:
        manifest: the files to download.
        store: their location.
        output: the folder to fill.
        plan: the result of `prepare`; by default it is called now.
        connections: small files to download at once.
        tries: the most attempts per request.
        progress: reports progress.

    Raises:
        DataError: the folder cannot be created, or leads elsewhere through a link.
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
    """A running download.

    Attributes:
        refused: the source's refusal, if there was one.
    """

    def __init__(self, wanted: Manifest, fetcher: Fetcher, done: Downloaded, bar: Bar) -> None:
        self._wanted = wanted
        self._fetcher = fetcher
        self._done = done
        self._bar = bar
        self._unanswered = 0
        self.refused: Trouble | None = None

    async def all_files(self, connections: int) -> None:
        """Download everything: small and large files in parallel, each kind in the order of the manifest."""
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
                    f"{entry.path}: cannot be written: {(error.strerror or str(error)).lower()}. Finished files are "
                    "kept: free disk space, then run the same command again to resume."
                ) from error
            self._done.failures.append(Failure(entry.path, f"cannot be written: {error.strerror}".lower()))
        else:
            self._unanswered = 0
            self._done.files += 1
            self._done.bytes += entry.bytes
        self._bar.show(f"{self._done.files:,} of {len(self._wanted):,} files")


def _keep_manifest(manifest: Manifest, folder: Folder) -> None:
    """Add the requested files to those of earlier calls, for `copytrace data verify`."""
    if not manifest.has_digests:
        return
    kept = manifest
    if folder.manifest.exists():
        try:
            kept = join(read_manifest(folder.manifest), manifest)
        except DataError:
            # It belongs to another dataset or is damaged; the present request counts.
            kept = manifest
    write_manifest(folder.manifest, kept)
