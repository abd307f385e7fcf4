"""What a download still has to fetch, and whether there is room for it."""

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
    """What is to be fetched.

    Attributes:
        wanted: the files that are missing, truncated or altered.
        whole: number of files that are there already.
        altered: number of files that are there, but not as they should be.
    """

    wanted: Manifest
    whole: int
    altered: int


def make_plan(manifest: Manifest, folder: Folder, progress: Progress, *, mark: bool) -> Plan:
    """Find out what is missing; a file whose time does not tell that it is whole is read.

    Args:
        manifest: what is asked for.
        folder: where it goes.
        progress: hears how far the work is.
        mark: remember on the disk which files are whole.
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
    """Make sure that the disk has room for the files, before the first is fetched.

    Raises:
        CopytraceError: it has not.
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
            f"{output}: the files to fetch need {needed:,} bytes, and {free:,} are free. Nothing was fetched. "
            "Make room, choose less (--only, --phase), or another disk (-o)."
        )
    if disk.f_files and len(wanted) > disk.f_favail:
        raise CopytraceError(
            f"{output}: {len(wanted):,} files are to be made, and the disk has room for {disk.f_favail:,} more "
            "whatever their size (inodes). Nothing was fetched. Choose another disk (-o)."
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
        # It cannot be read or marked; fetching it again will tell why.
        return "altered"
    return "whole"
