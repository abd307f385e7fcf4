"""Ledgers in folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from copytrace.engines import ledger_beside, temporary_ledger

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was written to disk so that it survives a power failure."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    return synced


def test_an_entry_of_a_run_that_can_resume_is_synced(tmp_path: Path, synced: list[int]) -> None:
    with ledger_beside(tmp_path / "matches.csv") as ledger:
        ledger.write("key", b"entry")
    assert synced


def test_an_entry_that_nobody_reads_later_is_not_synced(synced: list[int]) -> None:
    with temporary_ledger() as ledger:
        ledger.write("key", b"earlier")
        ledger.write("key", b"entry")
        assert ledger.read("key") == b"entry"
    assert not synced
