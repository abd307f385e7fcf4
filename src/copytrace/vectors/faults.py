"""Collects the faults of a file, so that a person can correct them all at once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from copytrace.errors import SubmissionError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST = 20
"""Faults that are listed in full; the rest are only counted."""

MOST_OF_A_KIND = 5
"""Rows or IDs named per kind of fault, so that one kind does not hide the others."""

_SHOWN_LENGTH = 60


class Faults:
    """The faults of one file, in the order found.

    >>> faults = Faults("team7.csv")
    >>> faults.add("row 3: the score 'high' is not a number.")
    >>> faults.sentences()
    ("team7.csv: row 3: the score 'high' is not a number.",)
    """

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._sentences: list[str] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._sentences)

    def add(self, sentence: str) -> None:
        """Add a fault: the place in the file, what was found, what was expected, and how to fix it."""
        if len(self._sentences) < MOST:
            self._sentences.append(f"{self._path}: {sentence}")
        else:
            self._more += 1

    def add_kind(self, sentences: Iterable[str], count: int, more: str) -> None:
        """Add `count` faults of one kind: the first few in full, then the number of others.

        >>> faults = Faults("ids.txt")
        >>> faults.add_kind((f"row {row} is empty." for row in range(1, 9)), 8, "rows are empty")
        >>> faults.sentences()[-1]
        'ids.txt: 3 more rows are empty.'
        """
        for sentence in islice(sentences, min(count, MOST_OF_A_KIND)):
            self.add(sentence)
        if count > MOST_OF_A_KIND:
            self.add(f"{count - MOST_OF_A_KIND:,} more {more}.")

    def adopt(self, error: SubmissionError) -> None:
        """Add the faults of an error; they name the file already."""
        for fault in error.faults:
            self.add(fault.removeprefix(f"{self._path}: "))

    def sentences(self) -> tuple[str, ...]:
        """At most 20 faults, then one line with the number of further faults."""
        if not self._more:
            return tuple(self._sentences)
        rest = f"{self._path}: {self._more:,} more faults; correct the {MOST} above first, then check again."
        return (*self._sentences, rest)

    def raise_if_any(self) -> None:
        """Raise all faults as one error.

        Raises:
            SubmissionError: there is at least one fault.
        """
        if self._sentences:
            raise SubmissionError(self.sentences())


def shown(text: str) -> str:
    r"""Text from a file in a form fit for messages: quoted, short, with no control characters.

    >>> shown("Q1\x1b[2J")
    "'Q1\\x1b[2J'"
    """
    return repr(text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…")
