"""New vectors of a library, kept in an SQLite file until an upgrade has all of them.

The running upgrade and a process that removes items may write at the same time. A rollback journal rather than a
write-ahead log: removed data is gone from the disk when the transaction ends.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from copytrace.errors import CopytraceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from copytrace.library.place import Place
    from copytrace.records import Float32Array

_TABLE = """
CREATE TABLE IF NOT EXISTS described (
    id TEXT PRIMARY KEY, content_sha256 TEXT NOT NULL, vector BLOB NOT NULL, bias REAL
)
"""
_PATIENCE = 60
"""Seconds to wait for another process that is writing."""
_AT_ONCE = 500
"""IDs per statement."""


class DescribedRows(NamedTuple):
    """Described images: their IDs, the digests of their files, (n, d) vectors, and (n,) biases, if there are any."""

    ids: Sequence[str]
    content_sha256: Sequence[str]
    vectors: Float32Array
    bias: Float32Array | None


class UpgradedRows:
    """An open file of described images, by ID.

    Args:
        path: the file.
        database: the same, connected.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self._path = path
        self._database = database

    def known(self, ids: Sequence[str]) -> dict[str, str]:
        """The digests of the files that were described, by ID."""
        found: dict[str, str] = {}
        with self._explained():
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                query = f"SELECT id, content_sha256 FROM described WHERE id IN ({marks})"
                found.update(self._database.execute(query, some))
        return found

    def put(self, rows: DescribedRows) -> None:
        """Add images, or replace those with their IDs."""
        biases: list[Any] = [None] * len(rows.ids) if rows.bias is None else rows.bias.tolist()
        vectors = (vector.astype("<f4").tobytes() for vector in rows.vectors)
        columns = zip(rows.ids, rows.content_sha256, vectors, biases, strict=True)
        with self._explained(), self._database:
            self._database.executemany("INSERT OR REPLACE INTO described VALUES (?, ?, ?, ?)", columns)

    def drop(self, ids: Iterable[str]) -> None:
        """Erase images."""
        with self._explained(), self._database:
            self._database.executemany("DELETE FROM described WHERE id = ?", ((each,) for each in ids))

    def batches(self, size: int) -> Iterator[DescribedRows]:
        """All images in the order of their IDs, `size` at a time."""
        last = ""
        query = "SELECT id, content_sha256, vector, bias FROM described WHERE id > ? ORDER BY id LIMIT ?"
        while True:
            with self._explained():
                found = self._database.execute(query, (last, size)).fetchall()
            if not found:
                return
            ids, digests, vectors, biases = zip(*found, strict=True)
            rows = np.frombuffer(b"".join(vectors), "<f4").astype(np.float32, copy=False)
            bias = None if biases[0] is None else np.array(biases, np.float32)
            yield DescribedRows(ids, digests, rows.reshape(len(ids), -1), bias)
            last = ids[-1]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite errors into sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise CopytraceError(
                f"{self._path}: {error}. If the file is damaged, delete it: the upgrade then starts again."
            ) from error


@contextmanager
def open_upgraded_rows(path: Path) -> Iterator[UpgradedRows]:
    """Open a file of described images, created if missing.

    Raises:
        CopytraceError: it cannot be read or written.
    """
    with closing(sqlite3.connect(path, timeout=_PATIENCE)) as database:
        rows = UpgradedRows(path, database)
        with rows._explained():  # noqa: SLF001 - of this module
            database.execute("PRAGMA secure_delete = ON")
            database.execute(_TABLE)
        yield rows


def drop_from_upgrades(place: Place, ids: Sequence[str]) -> None:
    """Erase removed items from an upgrade in progress."""
    for file in place.upgrade.glob("*.sqlite"):
        with open_upgraded_rows(file) as rows:
            rows.drop(ids)
