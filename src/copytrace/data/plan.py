"""What a download still has to fetch, and whether there is enough space."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.data.threads import in_threads
from copytrace.errors import CopytraceError

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.data.folder import Folder
    from copytrace.data.manifest import Entry, Manifest
    from copytrace.progress import Progress

_BATCH = 1024


@dataclass(frozen=True)
class Plan:
    """The files to download.

    Attributes:
        wanted: files that are missing, truncated or altered.
        whole: number of files that are complete already.
        altered: number of existing files that differ from the manifest.
    """

    wanted: Manifest
    whole: int
    altered: int


def make_plan(manifest: Manifest, folder: Folder, progress: Progress, *, mark: bool) -> Plan:
    """Determine what is missing; a file whose time does not prove that it is complete is read.

    Args:
        manifest: the requested files.
        folder: the folder to fill.
        progress: reports progress.
        mark: record on disk which files are complete.
    """

    def states(batch: list[Entry]) -> list[str]:
        return [_state(entry, folder, mark=mark) for entry in batch]

    found = np.empty(len(manifest), dtype="U7")
    row = 0
    with progress.task("compare", len(manifest), "files") as bar:
        for batch in in_threads(states, manifest.batches(_BATCH)):
            found[row : row + len(batch)] = batch
            row += len(batch)
            bar.advance(len(batch))
    wanted = manifest.take(found != "whole")
    return Plan(wanted, int((found == "whole").sum()), int((found == "altered").sum()))


def require_room(wanted: Manifest, output: Path) -> None:
    """Make sure that the disk has space for the files before the download starts.

    Raises:
        CopytraceError: it does not.
    """
    root = output.absolute()
    while not root.exists():
        root = root.parent
    disk = os.statvfs(root)
    sizes = np.asarray(wanted.table["bytes"])
    needed = int((-(-sizes // disk.f_frsize)).sum()) * disk.f_frsize
    free = disk.f_bavail * disk.f_frsize
    if needed > free:
        raise CopytraceError(
            f"{output}: the files to download need {needed:,} bytes, but {free:,} are free. Nothing was downloaded. "
            "Free disk space, download less (--only, --phase), or use another disk (-o)."
        )
    if disk.f_files and len(wanted) > disk.f_favail:
        raise CopytraceError(
            f"{output}: the download has {len(wanted):,} files, but the disk can hold only {disk.f_favail:,} more, "
            "whatever their size (inodes). Nothing was downloaded. Use another disk (-o)."
        )


def _state(entry: Entry, folder: Folder, *, mark: bool) -> str:
    state = folder.state(entry)
    if state != "unread":
        return state
    try:
        if not folder.is_whole(entry):
            return "altered"
        if mark:
            folder.mark_whole(entry)
    except PermissionError:
        # It cannot be read or marked; the download will report why.
        return "altered"
    return "whole"
