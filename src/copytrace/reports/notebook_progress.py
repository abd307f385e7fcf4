"""Progress bars in a notebook."""

from __future__ import annotations

import time
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 0.2
"""Time between updates: each is a message to the browser."""
_BAR = Markup('<label>{label} <progress value="{done}"{most}></progress></label> {count} {unit} {text}')


class NotebookBar:
    """A bar in a notebook; see `progress.Bar`."""

    def __init__(self, label: str, total: int | None, unit: str) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._ipython: Any = import_module("IPython.display")
        self._handle = self._ipython.display(self._ipython.HTML(""), display_id=True)
        self._done = 0
        self._text = ""
        self._shown_at = 0.0

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:  # noqa: ARG002 - no rate is shown
        """Show that more units are done."""
        self._done += count
        if time.monotonic() - self._shown_at >= _SECONDS:
            self.update()

    def show(self, text: str) -> None:
        """Show a short text next to the bar."""
        self._text = text

    def update(self) -> None:
        """Show how far the work is now."""
        self._shown_at = time.monotonic()
        self._handle.update(self._ipython.HTML(self._html()))

    def _html(self) -> str:
        known = self._total is not None
        return _BAR.format(
            label=self._label,
            done=self._done,
            most=Markup(' max="{}"').format(self._total) if known else "",
            count=f"{self._done:,} of {self._total:,}" if known else f"{self._done:,}",
            unit=self._unit,
            text=self._text,
        )


class NotebookProgress:
    """Shows long-running work as bars below the cell: `progress=copytrace.NotebookProgress()`."""

    @contextmanager
    def task(self, label: str, total: int | None, unit: str = "") -> Iterator[NotebookBar]:
        """Show a bar; it stays when the block ends."""
        bar = NotebookBar(label, total, unit)
        try:
            yield bar
        finally:
            bar.update()

    def note(self, message: str) -> None:
        """Print a message below the cell."""
        print(message)  # noqa: T201 - where the results are shown
