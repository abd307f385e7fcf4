"""Features of pictures, kept next to a descriptor set in `SET.h5.keypoints`, so that each picture is read once.

The file is an SQLite database. Features are stored by the SHA-256 of the picture's file and the verifier's layout, so a
file never contains wrong ones: at worst some are missing and extracted again. It uses a rollback journal rather than a
write-ahead log, so a closed database is a single file that can be read from a read-only disk. Only the process that the
user started writes to it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

from copytrace.errors import CopytraceError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SUFFIX = ".keypoints"
_OURS = 0x43545254
"""SQLite application ID of these files."""
_TABLE = """
    CREATE TABLE keypoints (
        sha256 BLOB NOT NULL, layout TEXT NOT NULL, features BLOB NOT NULL, PRIMARY KEY (sha256, layout)
    )
"""
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_NOTADB"}
_PATIENCE = 60
"""Seconds to wait for another process that is writing."""


class KeypointFile:
    """Packed features by digest, in one layout.

    Args:
        kept: a database to read, which may be empty.
        new: where to write new features; the same database, unless it is not writable.
        layout: layout of the features, see `Verifier`.
        name: the file's name in messages.
    """

    def __init__(self, kept: sqlite3.Connection, new: sqlite3.Connection, layout: str, name: str) -> None:
        self._kept = kept
        self._new = new
        self._layout = layout
        self._name = name

    def has(self, digest: str) -> bool:
        """Whether there are features for the file with this SHA-256, in hexadecimal."""
        return self._find("1", digest) is not None

    def read(self, digest: str) -> bytes | None:
        """The features of the file with this SHA-256; None if there are none."""
        features: bytes | None = self._find("features", digest)
        return features

    def write(self, features: Iterable[tuple[str, bytes]]) -> None:
        """Store features by digest; once this returns, they survive a power failure."""
        rows = [(bytes.fromhex(digest), self._layout, packed) for digest, packed in features]
        with _explained(self._name), self._new:
            self._new.executemany("INSERT OR REPLACE INTO keypoints VALUES (?, ?, ?)", rows)

    def drop(self, digests: Iterable[str]) -> None:
        """Drop the features of some files, in every layout."""
        with _explained(self._name), self._new:
            # They show the pictures, whose owner may have requested their erasure.
            self._new.execute("PRAGMA secure_delete = ON")
            rows = ((bytes.fromhex(digest),) for digest in digests)
            self._new.executemany("DELETE FROM keypoints WHERE sha256 = ?", rows)

    def keep_only(self, digests: Iterable[str]) -> None:
        """Drop the features of other files, and those in other layouts."""
        with _explained(self._name), self._new:
            self._new.execute("PRAGMA secure_delete = ON")
            self._new.execute("CREATE TEMP TABLE wanted (sha256 BLOB PRIMARY KEY)")
            wanted = ((bytes.fromhex(digest),) for digest in digests)
            self._new.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", wanted)
            self._new.execute(
                "DELETE FROM keypoints WHERE layout != ? OR sha256 NOT IN (SELECT sha256 FROM wanted)",
                (self._layout,),
            )
            self._new.execute("DROP TABLE wanted")

    def _find(self, column: str, digest: str) -> Any:  # noqa: ANN401 - of the column's type
        asked = f"SELECT {column} FROM keypoints WHERE sha256 = ? AND layout = ?"  # noqa: S608 - a column's name
        with _explained(self._name):
            for database in dict.fromkeys((self._new, self._kept)):
                found = database.execute(asked, (bytes.fromhex(digest), self._layout)).fetchone()
                if found is not None:
                    return found[0]
        return None


@contextmanager
def open_keypoints(path: Path | None, layout: str) -> Iterator[KeypointFile]:
    """Open a file of keypoints, created if missing, to read and add features.

    If it is not writable, new features are kept until the block ends.

    Args:
        path: the file; None: a temporary one that is removed when the block ends.
        layout: layout of the features, see `Verifier`.

    Raises:
        InputError: the file is something else, or damaged.
    """
    name = "keypoints" if path is None else str(path)
    with ExitStack() as opened:

        def connect(address: str) -> sqlite3.Connection:
            return opened.enter_context(closing(sqlite3.connect(address, timeout=_PATIENCE, uri=True)))

        with _explained(name):
            if path is not None and _is_writable(path):
                kept = new = connect(path.absolute().as_uri())
            else:
                new = connect("")
                # Immutable: otherwise even reading would need a lock next to it.
                kept = connect(f"{path.absolute().as_uri()}?immutable=1") if path and path.exists() else new
            for database in {kept, new}:
                _prepare(database, name)
        yield KeypointFile(kept, new, layout, name)


def keypoints_beside(descriptors: Path) -> Path:
    """Where the features of a descriptor set's pictures are kept."""
    return descriptors.with_name(descriptors.name + SUFFIX)


def _is_writable(path: Path) -> bool:
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def _prepare(database: sqlite3.Connection, name: str) -> None:
    """Create the table in an empty database; refuse one that is not ours."""

    def is_ours() -> bool:
        return bool(database.execute("PRAGMA application_id").fetchone()[0] == _OURS)

    if is_ours():
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        # Another process may have created it in the meantime.
        if not is_ours():
            if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise InputError(_refusal(name))
            database.execute(f"PRAGMA application_id = {_OURS}")
            database.execute(_TABLE)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Report SQLite's errors in terms of the file."""
    try:
        yield
    except sqlite3.Error as error:
        if error.sqlite_errorname in _DAMAGED:
            raise InputError(_refusal(name)) from error
        raise CopytraceError(f"{name}: {error}.") from error


def _refusal(name: str) -> str:
    return f"{name}: is damaged, or not a file of keypoints. Delete it; copytrace then extracts the keypoints again."
