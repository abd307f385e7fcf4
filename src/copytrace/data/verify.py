"""Checks a folder against a manifest: every byte of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.data.folder import Folder
from copytrace.data.threads import in_threads
from copytrace.progress import SILENT, Progress
from copytrace.records import Failure

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.data.manifest import Entry, Manifest

_BATCH = 64


@dataclass(frozen=True)
class Verified:
    """What a check found.

    Attributes:
        whole: number of files that are as the manifest says.
        failures: those that are missing, truncated, altered or cannot be read, by path.
        bytes: the size of the whole files.
    """

    whole: int
    failures: tuple[Failure, ...]
    bytes: int


def verify(folder: Path, manifest: Manifest, *, progress: Progress = SILENT) -> Verified:
    """Read every file of a manifest and compare its digest; files that it does not name do not count.

    Args:
        folder: where the files lie.
        manifest: what they should be.
        progress: hears how far the work is.
    """
    place = Folder(folder)
    whole = size = 0
    failures: list[Failure] = []

    def judge(batch: list[Entry]) -> list[tuple[Entry, str]]:
        return [(entry, _fault(entry, place)) for entry in batch]

    with progress.task("verify", manifest.bytes, "bytes") as bar:
        for judged in in_threads(judge, manifest.batches(_BATCH)):
            for entry, fault in judged:
                if fault:
                    failures.append(Failure(entry.path, fault))
                else:
                    whole += 1
                    size += entry.bytes
            bar.advance(sum(entry.bytes for entry, _ in judged))
            bar.show(f"{whole + len(failures):,} of {len(manifest):,} files")
    return Verified(whole, tuple(failures), size)


def _fault(entry: Entry, folder: Folder) -> str:
    """What is wrong with a file; empty if nothing is."""
    try:
        if folder.state(entry) == "missing":
            return "missing"
        path = folder.root / entry.path
        size = path.stat().st_size
        if not path.is_file():
            return "is no file"
        if size != entry.bytes:
            return f"has {size:,} bytes, the manifest says {entry.bytes:,}"
        return "" if folder.is_whole(entry) else "altered: its SHA-256 is not that of the manifest"
    except OSError as error:
        return (error.strerror or str(error)).lower()
