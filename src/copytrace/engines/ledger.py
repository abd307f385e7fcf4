"""Keeps results of finished tasks by key, so that an interrupted run only does the rest."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from copytrace.files import LOCK_FILE, is_stream, lock, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST_BYTES = hashlib.sha256().digest_size


class Ledger(Protocol):
    """Entries by key. Only the driver reads and writes it; a damaged entry counts as missing."""

    def has(self, key: str) -> bool:
        """Whether there is an undamaged entry."""

    def read(self, key: str) -> bytes:
        """The entry.

        Raises:
            KeyError: there is none, or it is damaged.
        """

    def write(self, key: str, entry: bytes) -> None:
        """Store an entry, replacing an earlier one; once this returns, it survives a power failure."""


class FolderLedger:
    """A ledger in a folder: each entry is a file that starts with the SHA-256 of the rest.

    Args:
        folder: the folder.
        temporary: whether nobody reads the entries after this run, so they need not survive a power failure.
    """

    def __init__(self, folder: Path, *, temporary: bool = False) -> None:
        self._folder = folder
        self._temporary = temporary
        self._cleared = False

    def has(self, key: str) -> bool:
        """Whether there is an undamaged entry."""
        return self._find(key) is not None

    def read(self, key: str) -> bytes:
        """The entry; raises KeyError if there is none or it is damaged."""
        entry = self._find(key)
        if entry is None:
            raise KeyError(key)
        return entry

    def write(self, key: str, entry: bytes) -> None:
        """Store an entry, replacing an earlier one."""
        content = hashlib.sha256(entry).digest() + entry
        if self._temporary:
            self._file(key).write_bytes(content)
            return
        with whole_file(self._file(key)) as path:
            path.write_bytes(content)

    def clear(self) -> None:
        """Remove the ledger when it is no longer needed; renamed first, so that no other run finds half of it."""
        self._cleared = True
        leaving = self._folder.with_name(f".{self._folder.name}.removed")
        shutil.rmtree(leaving, ignore_errors=True)
        self._folder.rename(leaving)
        shutil.rmtree(leaving)

    def clear_if_empty(self) -> None:
        """Remove an empty ledger, so that work that could not start leaves nothing behind."""
        if not self._cleared and {path.name for path in self._folder.iterdir()} <= {LOCK_FILE}:
            self.clear()

    def _find(self, key: str) -> bytes | None:
        try:
            content = self._file(key).read_bytes()
        except OSError:
            return None
        entry = content[_DIGEST_BYTES:]
        return entry if content[:_DIGEST_BYTES] == hashlib.sha256(entry).digest() else None

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.part"


class MemoryLedger:
    """A ledger for work that is too short to be resumed."""

    def __init__(self) -> None:
        self._entries: dict[str, bytes] = {}

    def has(self, key: str) -> bool:
        """Whether there is an entry."""
        return key in self._entries

    def read(self, key: str) -> bytes:
        """The entry; raises KeyError if there is none."""
        return self._entries[key]

    def write(self, key: str, entry: bytes) -> None:
        """Store an entry, replacing an earlier one."""
        self._entries[key] = entry


@contextmanager
def temporary_ledger() -> Iterator[FolderLedger]:
    """A ledger in a folder that is removed when the block ends."""
    with (
        TemporaryDirectory(prefix="copytrace-") as folder,
        open_ledger(Path(folder, "parts"), Path(folder), temporary=True) as ledger,
    ):
        yield ledger


@contextmanager
def ledger_beside(output: Path) -> Iterator[FolderLedger]:
    """The ledger of an output file, in `<output>.parts/`; for a pipe, in a folder that is removed after the block.

    Raises:
        InputError: another run holds it.
    """
    with ExitStack() as stack:
        beside = output
        if is_stream(output):
            beside = Path(stack.enter_context(TemporaryDirectory(prefix="copytrace-")), output.name)
        yield stack.enter_context(open_ledger(beside.with_name(f"{beside.name}.parts"), output))


@contextmanager
def open_ledger(folder: Path, output: Path, *, temporary: bool = False) -> Iterator[FolderLedger]:
    """The ledger in a folder, created if missing, locked for this process until the block ends.

    Args:
        folder: folder of the entries.
        output: their purpose; named if another run holds the ledger.
        temporary: whether nobody reads the entries after this run.

    Raises:
        InputError: another run holds it.
    """
    with lock(folder, output):
        ledger = FolderLedger(folder, temporary=temporary)
        try:
            yield ledger
        finally:
            ledger.clear_if_empty()
