"""Which rows of a store outside the folder belong to items: part of the catalogue of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence

OUTSIDE = -1
"""The segment of rows that are in a store of their own."""
_AT_ONCE = 500
"""Numbers in a statement."""


class OutsideRows:
    """The rows of a store, by number; changes belong into `Catalogue.writing`.

    Args:
        database: the catalogue's.
        select: reads from it.
    """

    def __init__(
        self, database: sqlite3.Connection, select: Callable[[str, Sequence[Any]], Iterator[tuple[Any, ...]]]
    ) -> None:
        self._database = database
        self._select = select

    def last(self) -> int:
        """The last number that was reserved."""
        found = self._select("SELECT value FROM setting WHERE name = 'outside_rows'", ())
        return int(next(found)[0])

    def set_last(self, number: int) -> None:
        """Have new rows come after the one of a number."""
        self._database.execute("UPDATE setting SET value = ? WHERE name = 'outside_rows'", (number,))

    def reserve(self, count: int) -> range:
        """Numbers for new rows; they count as removed until `Catalogue.put_outside`."""
        first = self.last() + 1
        rows = range(first, first + count)
        self.set_last(rows.stop - 1)
        self._database.executemany(
            "INSERT INTO removed (segment, row) VALUES (?, ?)", ((OUTSIDE, row) for row in rows)
        )
        return rows

    def removed(self) -> list[int]:
        """The rows that may be in the store and belong to no item."""
        return [row for (row,) in self._select("SELECT row FROM removed WHERE segment = ?", (OUTSIDE,))]

    def forget_removed(self, rows: Iterable[int]) -> None:
        """Forget rows of `removed` that the store has deleted."""
        self._database.executemany(
            "DELETE FROM removed WHERE segment = ? AND row = ?", ((OUTSIDE, row) for row in rows)
        )

    def between(self, first: int, stop: int) -> set[int]:
        """The rows of items, numbered `first` to below `stop`."""
        query = "SELECT row FROM item WHERE segment = ? AND row >= ? AND row < ?"
        return {row for (row,) in self._select(query, (OUTSIDE, first, stop))}

    def living(self, rows: Sequence[int]) -> set[int]:
        """Those of some rows that belong to an item."""
        found: set[int] = set()
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT row FROM item WHERE segment = ? AND row IN ({marks})"
            found.update(row for (row,) in self._select(query, (OUTSIDE, *some)))
        return found

    def lose(self, rows: Iterable[int]) -> None:
        """Have the items of some rows lose their vectors."""
        self._database.executemany(
            "UPDATE item SET segment = NULL, row = NULL WHERE segment = ? AND row = ?",
            ((OUTSIDE, row) for row in rows),
        )
