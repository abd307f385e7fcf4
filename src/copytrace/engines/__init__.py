"""How work is spread and resumed: engines run tasks, ledgers keep what finished tasks gave.

To add an engine: copy a neighbour, add it to `ENGINES`, and the contract tests pick it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.engines.engine import Engine
from copytrace.engines.ledger import (
    FolderLedger,
    Ledger,
    MemoryLedger,
    ledger_beside,
    open_ledger,
    temporary_ledger,
)
from copytrace.engines.local import LocalEngine, available_cores, limit_library_threads
from copytrace.engines.resumable import Piece, do_missing

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES: tuple[Callable[[int | None], Engine], ...] = (LocalEngine,)
"""Every engine; each takes the number of tasks to run at once, None for as many as there are cores."""

__all__ = [
    "ENGINES",
    "Engine",
    "FolderLedger",
    "Ledger",
    "LocalEngine",
    "MemoryLedger",
    "Piece",
    "available_cores",
    "do_missing",
    "ledger_beside",
    "limit_library_threads",
    "open_ledger",
    "temporary_ledger",
]
