from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from copytrace.errors import SearchError
from copytrace.progress import SilentProgress
from copytrace.search import blockwise, closest_pairs, float32, layout
from copytrace.search.collectors import PairCollector
from copytrace.search.float32 import FLOAT32
from copytrace.search.plain import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.progress import Bar


class Recorded(SilentProgress):
    """Records its calls."""

    def __init__(self) -> None:
        self.totals: list[int | None] = []
        self.done = 0
        self.notes: list[str] = []

    @contextmanager
    def task(self, label: str, total: int | None, unit: str = "") -> Iterator[Bar]:
        assert (label, unit) == ("compare", "references")
        self.totals.append(total)
        yield self

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:  # noqa: ARG002 - the protocol
        self.done += count

    def note(self, message: str) -> None:
        self.notes.append(message)


class Interrupted(Recorded):
    """Simulates Ctrl-C as soon as there is progress."""

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:  # noqa: ARG002 - the protocol
        super().advance(count)
        raise KeyboardInterrupt


def normal(rows: int, dims: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, dims)).astype(np.float32)


def assert_equals_plain_search(found: object, query: np.ndarray, reference: np.ndarray, count: int) -> None:
    expected = PLAIN.pairs(query, reference, count)
    for column in ("query", "reference", "distance"):
        np.testing.assert_array_equal(getattr(found, column), getattr(expected, column))


@pytest.fixture
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blockwise, "SAMPLED_QUERIES", 64)
    monkeypatch.setattr(blockwise, "SAMPLED_REFERENCES", 64)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_references_are_read_from_a_file_in_blocks(tmp_path: Path, compression: str | None) -> None:
    query, reference = normal(200, 8, 1), normal(3000, 8, 2)
    with h5py.File(tmp_path / "set.h5", "w") as file:
        stored = file.create_dataset("reference", data=reference, compression=compression)

        found = FLOAT32.pairs(query, stored, 500)

    assert_equals_plain_search(found, query, reference, 500)


def test_progress_counts_the_references() -> None:
    progress = Recorded()

    FLOAT32.pairs(normal(200, 8, 1), normal(3000, 8, 2), 10, progress=progress)

    assert progress.totals == [3000]
    assert progress.done == 3000
    assert progress.notes == []


def test_little_memory_takes_the_queries_in_several_passes() -> None:
    query, reference = normal(2100, 8, 1), normal(300, 8, 2)
    memory = least_memory(query, reference, 500)
    progress = Recorded()

    found = FLOAT32.pairs(query, reference, 500, threads=1, memory=memory, progress=progress)

    assert progress.totals == [900]
    assert_equals_plain_search(found, query, reference, 500)


def least_memory(query: np.ndarray, reference: np.ndarray, count: int) -> int:
    results = PairCollector(count, np.inf).memory
    low, high = 0, 2**40
    while high - low > 1:
        middle = (low + high) // 2
        try:
            layout.lay_out(query, reference, results, 1, middle)
            high = middle
        except SearchError:
            low = middle
    return high


def test_too_little_memory_is_an_error_that_says_what_takes_how_much() -> None:
    query = np.broadcast_to(np.float32(0), (50_000, 256))
    reference = np.broadcast_to(np.float32(0), (1_000_000, 256))

    with pytest.raises(SearchError) as caught:
        closest_pairs(query, reference, 5_000_000, threads=2, memory=200_000_000)

    message = str(caught.value)
    assert message.startswith("the search of 50,000 queries in 1,000,000 references needs at least 650 MB")
    assert "(486 MB for the results, " in message
    assert "4,096 references at a time" in message
    assert "but may use 200 MB" in message


def test_a_file_in_chunks_that_are_too_large_is_an_error(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "set.h5", "w") as file:
        reference = file.create_dataset("reference", (3_000_000, 256), "float32", chunks=(900_000, 256))

        with pytest.raises(SearchError, match="to read 900,000 references at a time") as caught:
            FLOAT32.pairs(np.zeros((10, 256), np.float32), reference, 10)

    assert "store the references in smaller chunks" in str(caught.value)


@pytest.mark.usefixtures("small_samples")
def test_a_sample_that_misjudges_the_distances_costs_a_second_pass_and_nothing_else() -> None:
    query, reference = normal(400, 8, 1), normal(4000, 8, 2)
    # All sampled rows are close to each other; no others are.
    query[np.linspace(0, 399, 64).astype(int)] *= 1e-3
    reference[np.linspace(0, 3999, 64).astype(int)] *= 1e-3
    progress = Recorded()

    found = FLOAT32.pairs(query, reference, 100_000, progress=progress)

    assert progress.notes == [
        "The sample misjudged the distance of the closest pairs; comparing again without it."
    ]
    assert progress.totals == [4000, 4000]
    assert_equals_plain_search(found, query, reference, 100_000)


@pytest.mark.usefixtures("small_samples")
def test_a_sample_that_is_right_costs_no_second_pass() -> None:
    query, reference = normal(400, 8, 1), normal(4000, 8, 2)
    progress = Recorded()

    found = FLOAT32.pairs(query, reference, 80_000, progress=progress)

    assert progress.totals == [4000]
    assert_equals_plain_search(found, query, reference, 80_000)


def test_an_interrupt_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks: list[int] = []
    compare = float32._Float32Comparison.compare

    def counted(self: float32._Float32Comparison, first: int, rows: np.ndarray) -> None:
        blocks.append(first)
        compare(self, first, rows)

    monkeypatch.setattr(float32._Float32Comparison, "compare", counted)

    for search in (FLOAT32.pairs, FLOAT32.nearest):
        with pytest.raises(KeyboardInterrupt):
            search(normal(200, 8, 1), normal(50_000, 8, 2), 10, threads=1, progress=Interrupted())

    assert len(blocks) <= 6


def test_an_error_in_a_thread_is_an_error_of_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(float32, "_all_pairs", fails)

    with pytest.raises(MemoryError):
        FLOAT32.pairs(normal(200, 8, 1), normal(3000, 8, 2), 10)


@pytest.mark.parametrize("cores", [2, 64])
def test_a_machine_of_many_cores_uses_as_many_as_fit_the_memory(
    monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    query, reference = (np.broadcast_to(np.float32(0), (rows, 256)) for rows in (1, 1_000_000))
    monkeypatch.setattr(layout, "available_cores", lambda: cores)

    pieces = layout.lay_out(query, reference, 0, None, blockwise.DEFAULT_MEMORY)

    assert pieces.threads == min(cores, 14)
    with pytest.raises(SearchError, match="for 64 threads"):
        layout.lay_out(query, reference, 0, 64, blockwise.DEFAULT_MEMORY)
