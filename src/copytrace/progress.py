"""How long-running work tells how far it is, without knowing who listens.

The command line listens with progress bars; the Python API is silent unless it is given a listener.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class Bar(Protocol):
    """One piece of work that moves from 0 to its total."""

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:
        """Say that `count` more units are done; fewer than 0 have to be done again.

        What was done `earlier`, by an interrupted run, says nothing of the speed of this one.
        """

    def show(self, text: str) -> None:
        """Say in a few words what else is known of the work, to stand beside the bar."""


class Progress(Protocol):
    """A listener to long-running work."""

    def task(self, label: str, total: int | None, unit: str = "") -> AbstractContextManager[Bar]:
        """Begin a piece of work of `total` units (None: unknown); it ends with the block."""

    def note(self, message: str) -> None:
        """Say something a person should know but that is no error."""


class _SilentBar:
    def advance(self, count: int = 1, *, earlier: bool = False) -> None:
        pass

    def show(self, text: str) -> None:
        pass


class SilentProgress:
    """Listens to nothing."""

    @contextmanager
    def task(self, label: str, total: int | None, unit: str = "") -> Iterator[Bar]:  # noqa: ARG002 - the protocol
        """Begin a piece of work that nobody watches."""
        yield _SilentBar()

    def note(self, message: str) -> None:
        """Drop the message."""


SILENT = SilentProgress()
