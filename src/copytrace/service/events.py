"""The log of a watched folder: which files were looked up, and which messages about them are still to be sent.

It outlives the service, so nothing is looked up twice or lost. A message is erased once it is delivered or given up.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 10_000
"""Files that the log keeps; messages still to be sent are kept beyond that."""

State = Literal["logged", "waiting", "delivered", "given up"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (path TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at REAL NOT NULL,
    problem TEXT
);
CREATE INDEX IF NOT EXISTS event_due ON event (next_at) WHERE state = 'waiting';
"""
_COLUMNS = "id, path, at, outcome, body, state, attempts, problem"


@dataclass(frozen=True)
class Event:
    """A file that was looked up.

    Attributes:
        id: ID of the message.
        path: the file.
        at: time of the lookup, in UTC (ISO 8601).
        outcome: the result in words.
        body: the message as JSON; empty once delivered or given up.
        state: delivery state of the message; `logged` if none is sent.
        attempts: number of attempts to send it.
        problem: why it was not accepted.
    """

    id: str
    path: str
    at: str
    outcome: str
    body: str
    state: State
    attempts: int
    problem: str | None


class Events:
    """The log in a file, created if missing; any thread may use it.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        # SQLite serialises its calls itself, and each statement is a transaction.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.executescript(f"PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; {_SCHEMA}")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def seen(self) -> dict[str, str]:
        """The fingerprint of each file that was looked up."""
        return dict(self._database.execute("SELECT path, mark FROM seen"))

    def log(self, event: Event, mark: str) -> None:
        """Record that a file was looked up; the message about it is due at once."""
        values = (event.id, event.path, event.at, event.outcome, event.body, event.state)
        self._database.execute(
            "INSERT INTO event (id, path, at, outcome, body, state, attempts, next_at) VALUES (?, ?, ?, ?, ?, ?, 0, 0)",
            values,
        )
        self._database.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (event.path, mark))
        self._database.execute(
            "DELETE FROM event WHERE state != 'waiting' AND number <= (SELECT max(number) FROM event) - ?",
            (LONGEST,),
        )

    def due(self) -> Event | None:
        """The next message to send, if its time has come."""
        row = self._database.execute(
            f"SELECT {_COLUMNS} FROM event WHERE state = 'waiting' AND next_at <= ? ORDER BY next_at, number LIMIT 1",
            (time.time(),),
        ).fetchone()
        return None if row is None else Event(*row)

    def delivered(self, event: Event) -> None:
        """Record that a message was accepted."""
        self._end(event, "delivered", None)

    def failed(self, event: Event, problem: str, again_in: float | None) -> None:
        """Record that a message was not accepted; `again_in` seconds until the next attempt, None if there is none."""
        if again_in is None:
            self._end(event, "given up", problem)
            return
        self._database.execute(
            "UPDATE event SET attempts = attempts + 1, next_at = ?, problem = ? WHERE id = ?",
            (time.time() + again_in, problem, event.id),
        )

    def latest(self, most: int) -> list[Event]:
        """The latest lookups, latest first."""
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM event ORDER BY number DESC LIMIT ?", (most,))
        return [Event(*row) for row in rows]

    def _end(self, event: Event, state: State, problem: str | None) -> None:
        self._database.execute(
            "UPDATE event SET state = ?, attempts = attempts + 1, problem = ?, body = '' WHERE id = ?",
            (state, problem, event.id),
        )
