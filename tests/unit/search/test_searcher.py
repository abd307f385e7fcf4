from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.progress import SilentProgress
from copytrace.search.float32 import FLOAT32
from copytrace.search.plain import PLAIN
from copytrace.search.searcher import choose
from copytrace.search.sieve import SIEVE, Sieve

if TYPE_CHECKING:
    from copytrace.search import Searcher


class Notes(SilentProgress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


def rows(count: int) -> np.ndarray:
    return np.broadcast_to(np.float32(0), (count, 256))


@pytest.mark.parametrize(
    ("queries", "references", "searcher"),
    [
        (1, 1_000, PLAIN),
        (1, 1_000_000, FLOAT32),
        (63, 10_000_000, FLOAT32),
        (64, 1_000_000, FLOAT32),
        (1_000, 100_000, FLOAT32),
        (1_000, 1_000_000, SIEVE),
        (50_000, 1_000_000, SIEVE),
    ],
)
def test_the_size_of_a_search_decides_who_does_it(queries: int, references: int, searcher: Searcher) -> None:
    assert choose(rows(queries), rows(references)) is searcher


def test_a_large_search_without_the_compiler_says_how_to_get_a_quicker_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Sieve, "available", lambda _: False)
    progress = Notes()

    assert choose(rows(50_000), rows(1_000_000), progress) is FLOAT32
    assert choose(rows(1), rows(1_000_000), progress) is FLOAT32
    assert progress.said == [
        (
            "Large searches run several times faster with numba. "
            "Install it in a checkout of copytrace: pip install '.[fast]'"
        )
    ]
