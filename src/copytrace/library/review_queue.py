"""The queue of matches for people to review, a part of a library's catalogue.

The queue keeps a small JPEG of each picture that was looked up, since the picture itself may have come from anywhere.
It is erased together with the last match of that picture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from copytrace.images import Thumbnail

MOST_PICTURES = 1000
"""Pictures that the queue keeps; the oldest leave first, decided ones before others."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS asked_picture (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    query_sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    jpeg BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    asked_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS asked_match (
    query_sha256 TEXT NOT NULL,
    id TEXT NOT NULL,
    hit TEXT NOT NULL,
    PRIMARY KEY (query_sha256, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS asked_match_id ON asked_match (id);
"""

_UNDECIDED = """
FROM asked_match JOIN asked_picture USING (query_sha256) JOIN item USING (id)
LEFT JOIN decision USING (query_sha256, id) WHERE decision.verdict IS NULL
"""


@dataclass(frozen=True)
class Review:
    """A match that awaits a decision.

    Attributes:
        query_sha256: digest of the file that was looked up.
        query: its name.
        query_size: its width and height.
        asked_at: time of the lookup, in UTC (ISO 8601).
        hit: the match as `Hit.to_dict` returned it then.
    """

    query_sha256: str
    query: str
    query_size: tuple[int, int]
    asked_at: str
    hit: Mapping[str, Any]


class ReviewQueue:
    """The queue in an open catalogue; make changes within `Catalogue.writing`.

    Args:
        database: the catalogue's database.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        # Catalogues of earlier versions have no queue.
        for statement in _SCHEMA.split(";"):
            database.execute(statement)

    def ask(
        self, query_sha256: str, name: str, at: str, picture: Thumbnail, hits: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Add the matches of a picture, by item; the picture's earlier matches stay."""
        self._database.execute(
            "INSERT INTO asked_picture (query_sha256, name, jpeg, width, height, asked_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (query_sha256) DO UPDATE SET name = excluded.name, asked_at = excluded.asked_at",
            (query_sha256, name, picture.jpeg, picture.width, picture.height, at),
        )
        self._database.executemany(
            "INSERT OR REPLACE INTO asked_match VALUES (?, ?, ?)",
            ((query_sha256, item_id, json.dumps(hit)) for item_id, hit in hits.items()),
        )
        self._shorten()

    def count(self) -> int:
        """The number of matches that await a decision."""
        return int(self._database.execute(f"SELECT count(*) {_UNDECIDED}").fetchone()[0])

    def awaiting(self, most: int) -> list[Review]:
        """Matches that await a decision, latest first."""
        rows = self._database.execute(
            f"SELECT query_sha256, name, width, height, asked_at, hit {_UNDECIDED} "
            "ORDER BY number DESC, query_sha256, id LIMIT ?",
            (most,),
        )
        return [Review(row[0], row[1], (row[2], row[3]), row[4], json.loads(row[5])) for row in rows]

    def jpeg(self, query_sha256: str) -> bytes | None:
        """The small JPEG of a picture in the queue."""
        found = self._database.execute(
            "SELECT jpeg FROM asked_picture WHERE query_sha256 = ?", (query_sha256,)
        ).fetchone()
        return None if found is None else found[0]

    def not_copies(self) -> Iterator[tuple[str, bytes]]:
        """Digest and JPEG of the pictures that people decided are not a copy of any of their matches."""
        return self._database.execute(
            "SELECT query_sha256, jpeg FROM asked_picture JOIN decision USING (query_sha256) "
            "GROUP BY query_sha256 HAVING min(verdict = 'no_copy') ORDER BY number"
        )

    def forget(self, item_id: str) -> None:
        """Erase all matches with an item."""
        self._database.execute("DELETE FROM asked_match WHERE id = ?", (item_id,))
        self._database.execute(
            "DELETE FROM asked_picture WHERE query_sha256 NOT IN (SELECT query_sha256 FROM asked_match)"
        )

    def _shorten(self) -> None:
        excess = self._database.execute("SELECT count(*) FROM asked_picture").fetchone()[0] - MOST_PICTURES
        if excess <= 0:
            return
        oldest = (
            "SELECT query_sha256 FROM asked_picture ORDER BY EXISTS (SELECT 1 FROM asked_match LEFT JOIN decision "
            "USING (query_sha256, id) WHERE asked_match.query_sha256 = asked_picture.query_sha256 "
            "AND verdict IS NULL), number LIMIT ?"
        )
        self._database.execute(f"DELETE FROM asked_match WHERE query_sha256 IN ({oldest})", (excess,))
        self._database.execute(
            "DELETE FROM asked_picture WHERE query_sha256 NOT IN (SELECT query_sha256 FROM asked_match)"
        )
