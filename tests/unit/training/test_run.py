"""A run and its processes."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from torch.utils.data import Dataset

from copytrace.training.run import load_batches

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.needs("torch")


class _Remains:
    """Leaves a file behind when the interpreter is taken down."""

    def __init__(self, file: Path) -> None:
        # Whole: what modules hold is gone by then.
        self._leave = partial(os.open, file, os.O_CREAT)

    def __del__(self) -> None:
        self._leave()


class Batches(Dataset[torch.Tensor]):
    """Batches that are made by a process which would leave a file behind."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __len__(self) -> int:
        return 9

    def __getitem__(self, number: int) -> torch.Tensor:
        if number == 0:
            sys.remains = _Remains(self._file)  # type: ignore[attr-defined]
        return torch.full((2,), number)


def test_a_process_that_makes_batches_ends_before_its_interpreter_is_taken_down(tmp_path: Path) -> None:
    first = iter(load_batches(Batches(tmp_path / "taken-down"), workers=1))
    assert next(first).tolist() == [0, 0]
    del first  # which waits for the process
    assert list(tmp_path.iterdir()) == []
