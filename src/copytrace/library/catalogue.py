"""The catalogue of a library: an SQLite database that lists its contents.

Everything that a transaction wrote is on disk when it ends (`synchronous=FULL`). Until then, other processes read an
earlier state; they never wait (write-ahead log). One process writes at a time; see `Library`.

New vectors are in `open_row` until there are enough of them for a segment. An item's place is a segment and
a row in it; segment 0 is `open_row`, and an item without a segment has lost its vector. If a store keeps the vectors,
all items are in segment -1, and `removed` lists rows of the store that may exist and belong to no item.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from copytrace.errors import CopytraceError, InputError
from copytrace.files import sync_file
from copytrace.library.outside_rows import OUTSIDE, OutsideRows
from copytrace.library.records import Item, Settings
from copytrace.library.review_queue import ReviewQueue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from copytrace.library.records import Verdict
    from copytrace.records import Float32Array, IndexArray

FORMAT = 3
"""2 added `Settings.keypoints`, 3 `Settings.store`. An older version of copytrace refuses a later format."""
OPEN = 0
"""The segment of rows that are in the catalogue itself."""
PATIENCE_MS = 10_000
"""How long a statement waits for another process: only a checkpoint or a recovery holds the database for long."""
_AT_ONCE = 500
"""IDs per statement."""

_SCHEMA = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE segment (number INTEGER PRIMARY KEY, rows INTEGER NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE item (
    id TEXT PRIMARY KEY,
    segment INTEGER,
    row INTEGER,
    path TEXT NOT NULL,
    source TEXT NOT NULL,
    relative TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    bytes INTEGER,
    added_at TEXT NOT NULL,
    metadata TEXT NOT NULL
);
CREATE UNIQUE INDEX item_place ON item (segment, row);
CREATE INDEX item_source ON item (source);
CREATE INDEX item_digest ON item (content_sha256);
CREATE TABLE open_row (row INTEGER PRIMARY KEY AUTOINCREMENT, vector BLOB NOT NULL, bias REAL);
CREATE TABLE removed (number INTEGER PRIMARY KEY AUTOINCREMENT, segment INTEGER NOT NULL, row INTEGER NOT NULL);
CREATE INDEX removed_segment ON removed (segment);
CREATE TABLE decision (
    query_sha256 TEXT NOT NULL,
    id TEXT NOT NULL,
    verdict TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    PRIMARY KEY (query_sha256, id)
) WITHOUT ROWID;
CREATE INDEX decision_id ON decision (id);
"""

_COLUMNS = "id, path, source, relative, content_sha256, fingerprint, bytes, added_at, metadata"


class Segment(NamedTuple):
    """A closed descriptor set: its number, its rows, and the digest of its file."""

    number: int
    rows: int
    sha256: str


class OpenRows(NamedTuple):
    """Rows that are not in a segment yet: (n,) row numbers, (n, d) vectors and (n,) biases, if there are any."""

    numbers: IndexArray
    vectors: Float32Array
    bias: Float32Array | None


class Catalogue:
    """An open catalogue; one thread uses it at a time.

    Args:
        path: the database, which must exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained():
            self._database = _connect(path)
            try:
                self._settings_text = self._read_settings()
                self.settings = Settings(**json.loads(self._settings_text))
                self.reviews = ReviewQueue(self._database)
                self.outside = OutsideRows(self._database, self._select)
            except BaseException:
                self._database.close()
                raise

    @classmethod
    def create(cls, path: Path, settings: Settings) -> None:
        """Write an empty catalogue."""
        database = _connect(path, create=True)
        try:
            database.executescript(_SCHEMA)
            values = {
                "format": FORMAT,
                "generation": 0,
                "segments": 0,
                "outside_rows": 0,
                "settings": json.dumps(asdict(settings)),
            }
            database.executemany("INSERT INTO setting VALUES (?, ?)", values.items())
        finally:
            database.close()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read a consistent state of the catalogue and its settings, whatever others write meanwhile."""
        with self._explained():
            self._database.execute("BEGIN")
            try:
                self.refresh()
                yield
            finally:
                self._database.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Change the catalogue completely or not at all; changes are on disk when the block ends."""
        with self._explained():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("UPDATE setting SET value = value + 1 WHERE name = 'generation'")
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _select(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        with self._explained():
            yield from self._database.execute(query, values)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite errors into sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise CopytraceError(f"{self.path}: {_explanation(error)}") from error

    def refresh(self) -> None:
        """Read the settings again: another process may have upgraded the library."""
        text: str = next(self._select("SELECT value FROM setting WHERE name = 'settings'"))[0]
        if text != self._settings_text:
            self._settings_text, self.settings = text, Settings(**json.loads(text))

    def change_settings(self, settings: Settings) -> None:
        """Replace the settings; `refresh` reads them."""
        text = json.dumps(asdict(settings))
        self._database.execute("UPDATE setting SET value = ? WHERE name = 'settings'", (text,))

    def _read_settings(self) -> str:
        tables = [name for (name,) in self._select("SELECT name FROM sqlite_schema WHERE name = 'setting'")]
        values = dict(self._select("SELECT name, value FROM setting")) if tables else {}
        if "format" not in values:
            raise InputError(f"{self.path}: is not the catalogue of a library.")
        if int(values["format"]) > FORMAT:
            raise InputError(
                f"{self.path}: was written by a later version of copytrace (format {values['format']}; this one reads "
                f"{FORMAT}). Update copytrace."
            )
        return str(values["settings"])

    def generation(self) -> int:
        """A number that grows with every change."""
        return self._number("SELECT value FROM setting WHERE name = 'generation'")

    def count(self) -> int:
        """The number of items that have a vector."""
        return self._number("SELECT count(*) FROM item WHERE segment IS NOT NULL")

    def count_lost(self) -> int:
        """The number of items without a vector."""
        return self._number("SELECT count(*) FROM item WHERE segment IS NULL")

    def count_open(self) -> int:
        """The number of rows that are not in a segment yet."""
        return self._number("SELECT count(*) FROM open_row")

    def _number(self, query: str) -> int:
        return int(next(self._select(query))[0])

    def sources(self) -> dict[str, int]:
        """The number of items from each source."""
        return dict(self._select("SELECT source, count(*) FROM item GROUP BY source ORDER BY source"))

    def segments(self) -> list[Segment]:
        """The segments, in order."""
        return [Segment(*row) for row in self._select("SELECT * FROM segment ORDER BY number")]

    def removed_counts(self) -> dict[int, int]:
        """The number of rows removed from each segment, if any."""
        query = "SELECT segment, count(*) FROM removed WHERE segment != ? GROUP BY segment"
        return dict(self._select(query, (OPEN,)))

    def removed_after(self, number: int) -> list[tuple[int, int, int]]:
        """Removals after a given number: the number, segment and row of each."""
        query = "SELECT number, segment, row FROM removed WHERE number > ? ORDER BY number"
        return [(row[0], row[1], row[2]) for row in self._select(query, (number,))]

    def first_open(self) -> int | None:
        """The smallest number of an open row, if there is one."""
        found: int | None = next(self._select("SELECT min(row) FROM open_row"))[0]
        return found

    def open_after(self, number: int) -> OpenRows:
        """The open rows after a given number."""
        found = list(
            self._select("SELECT row, vector, bias FROM open_row WHERE row > ? ORDER BY row", (number,))
        )
        vectors = np.frombuffer(b"".join(row[1] for row in found), "<f4").astype(np.float32, copy=False)
        return OpenRows(
            np.array([row[0] for row in found], np.int64),
            vectors.reshape(-1, self.settings.dims),
            np.array([row[2] for row in found], np.float32) if self.settings.biased else None,
        )

    def item(self, item_id: str) -> Item | None:
        """The item with this ID, or None."""
        return next(self._items("WHERE id = ?", (item_id,)), None)

    def item_at(self, segment: int, row: int) -> Item:
        """The item at a place."""
        return next(self._items("WHERE segment = ? AND row = ?", (segment, row)))

    def items(self) -> Iterator[Item]:
        """All items, in the order of their IDs."""
        return self._items("ORDER BY id")

    def digests_after(self, item_id: str, most: int) -> list[tuple[str, str]]:
        """The next IDs after one, each with the digest of its file."""
        query = "SELECT id, content_sha256 FROM item WHERE id > ? ORDER BY id LIMIT ?"
        return [(row[0], row[1]) for row in self._select(query, (item_id, most))]

    def lost(self) -> Iterator[Item]:
        """The items without a vector."""
        return self._items("WHERE segment IS NULL ORDER BY id")

    def digests(self) -> Iterator[str]:
        """The digests of the items' files, including repeats."""
        return (row[0] for row in self._select("SELECT content_sha256 FROM item"))

    def has_digest(self, digest: str) -> bool:
        """Whether a file with this digest belongs to an item."""
        return next(self._items("WHERE content_sha256 = ? LIMIT 1", (digest,)), None) is not None

    def of_source(self, source: str) -> Iterator[Item]:
        """The items of a source."""
        return self._items("WHERE source = ?", (source,))

    def has_file(self, source: str, relative: str) -> bool:
        """Whether an item of a source has this relative path."""
        return any(self._select("SELECT 1 FROM item WHERE source = ? AND relative = ?", (source, relative)))

    def placed(self, segment: int) -> Iterator[tuple[int, Item]]:
        """The items of a segment with their rows, in order."""
        query = f"SELECT row, {_COLUMNS} FROM item WHERE segment = ? ORDER BY row"
        return ((row[0], _item(row[1:])) for row in self._select(query, (segment,)))

    def in_order(self) -> Iterator[tuple[int, int, Item]]:
        """The items that have a vector, each with its segment and row, in the order of their IDs."""
        query = f"SELECT segment, row, {_COLUMNS} FROM item WHERE segment IS NOT NULL ORDER BY id"
        return ((row[0], row[1], _item(row[2:])) for row in self._select(query))

    def known(self, ids: Sequence[str]) -> dict[str, tuple[Item, bool]]:
        """The items with these IDs that exist, each with whether it has a vector."""
        found: dict[str, tuple[Item, bool]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT segment IS NOT NULL, {_COLUMNS} FROM item WHERE id IN ({marks})"
            for row in self._select(query, some):
                found[row[1]] = _item(row[1:]), bool(row[0])
        return found

    def _items(self, where: str, values: tuple[Any, ...] = ()) -> Iterator[Item]:
        return (_item(row) for row in self._select(f"SELECT {_COLUMNS} FROM item {where}", values))

    def decided(self, query_sha256: str) -> dict[str, Verdict]:
        """People's decisions about a picture, by item."""
        return dict(self._select("SELECT id, verdict FROM decision WHERE query_sha256 = ?", (query_sha256,)))

    def decisions(self) -> list[dict[str, str]]:
        """All decisions, earliest first."""
        names = "query_sha256", "id", "verdict", "decided_by", "decided_at"
        rows = self._select(f"SELECT {', '.join(names)} FROM decision ORDER BY decided_at, query_sha256, id")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def put(self, item: Item, vector: Float32Array, bias: float | None) -> None:
        """Add an item, or replace the one of its ID, with its vector."""
        row = self._database.execute(
            "INSERT INTO open_row (vector, bias) VALUES (?, ?)", (vector.astype("<f4").tobytes(), bias)
        ).lastrowid
        self._place(item, OPEN, row)

    def put_outside(self, item: Item, row: int) -> None:
        """Add an item, or replace the one of its ID; its vector is in a row of the store, see `OutsideRows`."""
        self.outside.forget_removed([row])
        self._place(item, OUTSIDE, row)

    def _place(self, item: Item, segment: int, row: int | None) -> None:
        self._remove_row(item.id)
        self._database.execute(
            f"INSERT OR REPLACE INTO item (segment, row, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (segment, row, *_values(item)),
        )

    def update(self, item: Item) -> None:
        """Update an item, except its vector."""
        columns = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
        self._database.execute(f"UPDATE item SET {columns} WHERE id = ?", (*_values(item), item.id))

    def remove(self, item_id: str, *, decisions: bool = False) -> None:
        """Remove an item, and on request the decisions about it."""
        self._remove_row(item_id)
        self.reviews.forget(item_id)
        if decisions:
            self._database.execute("DELETE FROM decision WHERE id = ?", (item_id,))
        self._database.execute("DELETE FROM item WHERE id = ?", (item_id,))

    def _remove_row(self, item_id: str) -> None:
        """Mark the vector of an item as removed."""
        place = self._database.execute(
            "SELECT segment, row FROM item WHERE id = ? AND segment IS NOT NULL", (item_id,)
        ).fetchone()
        if place is not None:
            self._database.execute("INSERT INTO removed (segment, row) VALUES (?, ?)", place)
            if place[0] == OPEN:
                self._database.execute("DELETE FROM open_row WHERE row = ?", (place[1],))

    def segments_of(self, ids: Sequence[str]) -> set[int]:
        """The segments that items are in; of open rows there is none."""
        found = set()
        for item_id in ids:
            row = self._database.execute("SELECT segment FROM item WHERE id = ?", (item_id,)).fetchone()
            found.add(row and row[0])
        return found - {None, OPEN}

    def decide(self, query_sha256: str, item_id: str, verdict: Verdict, by: str) -> None:
        """Record a person's decision about a picture and an item, replacing an earlier one."""
        self._database.execute(
            "INSERT OR REPLACE INTO decision VALUES (?, ?, ?, ?, ?)",
            (query_sha256, item_id, verdict, by, now()),
        )

    def undecide(self, query_sha256: str, item_id: str) -> None:
        """Delete a person's decision."""
        self._database.execute(
            "DELETE FROM decision WHERE query_sha256 = ? AND id = ?", (query_sha256, item_id)
        )

    def close_segment(self, segment: Segment, ids: Sequence[str], replaced: int) -> None:
        """Enter a segment instead of another, or of the open rows (`OPEN`).

        Args:
            segment: the new segment; one without rows is not entered.
            ids: its items, in the order of its rows.
            replaced: the items' previous segment.
        """
        if segment.rows:
            self._database.execute("INSERT INTO segment VALUES (?, ?, ?)", segment)
        self._database.executemany(
            "UPDATE item SET segment = ?, row = ? WHERE id = ?",
            ((segment.number, row, item_id) for row, item_id in enumerate(ids)),
        )
        self._drop(replaced)

    def lose_segment(self, number: int) -> None:
        """Mark the vectors of all items in a segment as lost."""
        self._database.execute("UPDATE item SET segment = NULL, row = NULL WHERE segment = ?", (number,))
        self._drop(number)

    def _drop(self, number: int) -> None:
        """Delete an empty segment, or all open rows."""
        self._database.execute("DELETE FROM removed WHERE segment = ?", (number,))
        if number == OPEN:
            self._database.execute("DELETE FROM open_row")
        else:
            self._database.execute("DELETE FROM segment WHERE number = ?", (number,))

    def next_segment(self) -> int:
        """A number that no segment has had; it is used up when the transaction with `close_segment` commits."""
        used = self._number("SELECT value FROM setting WHERE name = 'segments'")
        self._database.execute("UPDATE setting SET value = ? WHERE name = 'segments'", (used + 1,))
        return used + 1

    def erase(self) -> None:
        """Erase all traces of removed data from the database files.

        Raises:
            CopytraceError: another process has been reading so long that its state cannot be erased yet.
        """
        with self._explained():
            busy, _, _ = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise CopytraceError(
                f"{self.path}: is being read by another process, so removed data is still in its log. Run the "
                "same command again after that process has ended."
            )
        # SQLite lets the system decide when an emptied log reaches the disk.
        sync_file(self.path.with_name(f"{self.path.name}-wal"))

    def faults(self) -> list[str]:
        """Problems that SQLite finds in the database."""
        with self._explained():
            found = [str(row[0]) for row in self._database.execute("PRAGMA integrity_check(10)")]
        return [] if found == ["ok"] else found


def now() -> str:
    """The time in UTC, in stored form."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    mode = "rwc" if create else "rw"
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=PATIENCE_MS / 1000
    )
    mode = database.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        database.close()
        raise CopytraceError(f"{path}: this file system does not support SQLite's write-ahead log.")
    database.execute("PRAGMA synchronous = FULL")
    # Deleted data is overwritten, so that purged items leave no trace.
    database.execute("PRAGMA secure_delete = ON")
    return database


def _explanation(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_FULL"):
        return "the disk is full. Free some space, then run the command again; confirmed changes are kept."
    if code.startswith("SQLITE_IOERR"):
        return "cannot be read or written; the disk may be full. Confirmed changes are kept."
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return f"is damaged ({error}). Restore it from a backup."
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return f"cannot be opened for reading and writing ({error}). Check its permissions and those of its folder."
    return f"{error}."


def _item(row: Sequence[Any]) -> Item:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Item(**values | {"metadata": json.loads(values["metadata"])})


def _values(item: Item) -> tuple[Any, ...]:
    values: Mapping[str, Any] = vars(item) | {"metadata": json.dumps(item.metadata, ensure_ascii=False)}
    return tuple(values[name] for name in _COLUMNS.split(", "))
