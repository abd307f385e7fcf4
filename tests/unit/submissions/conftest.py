"""Small files of every format, with faults of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUERIES = ["Q0", "Q1", "Q2"]
REFERENCES = ["R0", "R1", "R2", "R3"]


@pytest.fixture
def submission(hdf5: Callable[..., Path]) -> Callable[..., Path]:
    """Write a submission of three queries and four references, valid except for the given members; None: left out."""

    def write(**members: Any) -> Path:
        valid = {
            "query": np.arange(6, dtype=np.float32).reshape(3, 2),
            "query_ids": QUERIES,
            "reference": np.arange(8, dtype=np.float32).reshape(4, 2),
            "reference_ids": REFERENCES,
        }
        return hdf5(**{name: value for name, value in (valid | members).items() if value is not None})

    return write


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a text file, byte for byte."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
