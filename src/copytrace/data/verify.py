"""Checks every byte of a folder against a manifest."""

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
    """The result of a check.

    Attributes:
        whole: number of files that match the manifest.
        failures: files that are missing, truncated, altered or unreadable, by path.
        bytes: total size of the matching files.
    """

    whole: int
    failures: tuple[Failure, ...]
    bytes: int


def verify(folder: Path, manifest: Manifest, *, progress: Progress = SILENT) -> Verified:
    """Read every file of a manifest and compare its digest; other files are ignored.

    Args:
        folder: folder of the files.
        manifest: the expected files.
        progress: reports progress.
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
    """What is wrong with a file; empty if nothing."""
    try:
        if folder.state(entry) == "missing":
            return "missing"
        path = folder.root / entry.path
        size = path.stat().st_size
        if not path.is_file():
            return "is not a file"
        if size != entry.bytes:
            return f"has {size:,} bytes, the manifest says {entry.bytes:,}"
        return "" if folder.is_whole(entry) else "altered: its SHA-256 does not match the manifest"
    except OSError as error:
        return (error.strerror or str(error)).lower()
