"""How long-running work reports its progress.

The command line shows progress bars; the Python API is silent unless it is given a listener.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class Bar(Protocol):
    """One task that advances from 0 to its total."""

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:
        """Report `count` more units as done; a negative count means that units must be repeated.

        Units done `earlier`, by an interrupted run, do not count towards the speed of this one.
        """

    def show(self, text: str) -> None:
        """Show a short text next to the bar."""


class Progress(Protocol):
    """Listens to long-running work."""

    def task(self, label: str, total: int | None, unit: str = "") -> AbstractContextManager[Bar]:
        """Start a task of `total` units (None: unknown); it ends with the block."""

    def note(self, message: str) -> None:
        """Report something a person should know that is not an error."""


class _SilentBar:
    def advance(self, count: int = 1, *, earlier: bool = False) -> None:
        pass

    def show(self, text: str) -> None:
        pass


class SilentProgress:
    """Ignores everything."""

    @contextmanager
    def task(self, label: str, total: int | None, unit: str = "") -> Iterator[Bar]:  # noqa: ARG002 - the protocol
        """Start a task that nobody watches."""
        yield _SilentBar()

    def note(self, message: str) -> None:
        """Ignore the message."""


SILENT = SilentProgress()
