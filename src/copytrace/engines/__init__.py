"""Distributes and resumes work: engines run tasks, ledgers keep the results of finished ones.

To add an engine, copy a neighbour and add it to `ENGINES`; the contract tests pick it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.engines.engine import Engine, OnDeath, WorkerDiedError
from copytrace.engines.ledger import (
    FolderLedger,
    Ledger,
    MemoryLedger,
    ledger_beside,
    open_ledger,
    temporary_ledger,
)
from copytrace.engines.local import LocalEngine, available_cores, limit_library_threads
from copytrace.engines.one_by_one import one_by_one
from copytrace.engines.ray import RayEngine
from copytrace.engines.resumable import Piece, do_missing
from copytrace.engines.two_steps import SecondStepHere, TwoSteps

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES: tuple[Callable[[int | None], Engine], ...] = (LocalEngine, RayEngine)
"""Every engine; each takes the number of tasks to run at once, or None for one per core."""

__all__ = [
    "ENGINES",
    "Engine",
    "FolderLedger",
    "Ledger",
    "LocalEngine",
    "MemoryLedger",
    "OnDeath",
    "Piece",
    "RayEngine",
    "SecondStepHere",
    "TwoSteps",
    "WorkerDiedError",
    "available_cores",
    "do_missing",
    "ledger_beside",
    "limit_library_threads",
    "one_by_one",
    "open_ledger",
    "temporary_ledger",
]
