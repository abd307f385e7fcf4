"""Searches over shards, as tasks of an engine, compared with one search of everything."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.engines import LocalEngine
from copytrace.errors import SearchError, SubmissionError
from copytrace.progress import SILENT
from copytrace.search import closest_pairs, closest_pairs_over, nearest, nearest_over, sharded
from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5 import create_hdf5, open_hdf5, open_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from copytrace.vectors.hdf5 import StoredArray


class Backwards(LocalEngine):
    """Sends every task and result through pickle, as between machines, and finishes the last of three first."""

    remote = True

    def __init__(self) -> None:
        super().__init__(1)
        self.sent: list[int] = []
        self.found: list[int] = []

    def map_unordered(self, work: Callable[[Any], Any], tasks: Iterable[Any], **_: Any) -> Generator[Any]:
        packed = pickle.dumps(work)
        waiting: list[tuple[Any, bytes]] = []
        for task in tasks:
            waiting.append((task, pickle.dumps(task)))
            self.sent.append(len(waiting[-1][1]))
            if len(waiting) == 3:
                yield self._done(packed, waiting.pop())
        for one in reversed(waiting):
            yield self._done(packed, one)

    def _done(self, work: bytes, one: tuple[Any, bytes]) -> tuple[Any, Any]:
        result = pickle.loads(work)(pickle.loads(one[1]))
        self.found.append(len(result[2]))
        return one[0], result


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharded, "LEAST_ROWS", 7)
    monkeypatch.setattr(sharded, "MOST_ROWS", 16)


@pytest.fixture(scope="module")
def vectors() -> tuple[np.ndarray, np.ndarray]:
    """Vectors with many equal distances."""
    generator = np.random.default_rng(5)
    query, reference = (generator.integers(0, 4, (rows, 3)).astype(np.float32) / 3 for rows in (9, 400))
    return query, reference


@pytest.fixture
def stored(vectors: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> Iterator[StoredArray]:
    """The references in a file."""
    path = tmp_path / "references.h5"
    with create_hdf5(path) as file:
        file["reference"] = vectors[1]
    with open_hdf5(path) as file:
        rows = open_matrix(file, "reference", Faults(path), most_dims=256)
        assert rows is not None
        yield rows


@pytest.mark.parametrize("ship", [False, True])
@pytest.mark.parametrize("count", [1, 40, 500, 10**6])
def test_shards_give_the_closest_pairs_of_the_whole(
    vectors: tuple[np.ndarray, np.ndarray], stored: StoredArray, count: int, *, ship: bool
) -> None:
    found = closest_pairs_over(Backwards(), vectors[0], stored, count, ship=ship)
    expected = closest_pairs(*vectors, count)
    np.testing.assert_array_equal(found.query, expected.query)
    np.testing.assert_array_equal(found.reference, expected.reference)
    np.testing.assert_array_equal(found.distance, expected.distance)


@pytest.mark.parametrize("ship", [False, True])
@pytest.mark.parametrize("k", [1, 12, 500])
def test_shards_give_the_nearest_references_of_the_whole(
    vectors: tuple[np.ndarray, np.ndarray], stored: StoredArray, k: int, *, ship: bool
) -> None:
    found = nearest_over(Backwards(), vectors[0], stored, k, ship=ship)
    expected = nearest(*vectors, k)
    np.testing.assert_array_equal(found.reference, expected.reference)
    np.testing.assert_array_equal(found.distance, expected.distance)


def test_one_far_query_does_not_have_the_others_return_what_cannot_enter_their_lists(
    vectors: tuple[np.ndarray, np.ndarray],
) -> None:
    query = np.concatenate([vectors[0], np.full((1, 3), 9, np.float32)])
    engine = Backwards()
    found = nearest_over(engine, query, vectors[1], 2)
    np.testing.assert_array_equal(found.reference, nearest(query, vectors[1], 2).reference)
    assert engine.found[0] == 2 * len(query)
    assert np.median(engine.found) < len(query)


def test_vectors_are_sent_only_if_asked_for(
    vectors: tuple[np.ndarray, np.ndarray], stored: StoredArray
) -> None:
    named, shipped = Backwards(), Backwards()
    closest_pairs_over(named, vectors[0], stored, 5)
    closest_pairs_over(shipped, vectors[0], stored, 5, ship=True)
    rows = 16 * 3 * 4
    assert max(named.sent) + rows // 2 < min(shipped.sent[:-1])


def test_an_estimate_that_is_too_small_is_noticed(
    vectors: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(sharded.FLOAT32), "estimate", lambda *_: 0.01)
    found = closest_pairs_over(LocalEngine(1), *vectors, 300, progress=SILENT)
    expected = closest_pairs(*vectors, 300)
    np.testing.assert_array_equal(found.reference, expected.reference)
    np.testing.assert_array_equal(found.distance, expected.distance)


def test_shards_refuse_what_a_search_refuses(vectors: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(SearchError, match="count is 0"):
        closest_pairs_over(LocalEngine(1), *vectors, 0)
    with pytest.raises(SearchError, match="k is 0"):
        nearest_over(LocalEngine(1), *vectors, 0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("reference", r"is \(5, 3\) on this machine; expected \(400, 3\)"), ("other", "'reference'")],
)
def test_a_file_that_is_another_one_elsewhere_is_refused(
    stored: StoredArray, tmp_path: Path, name: str, reason: str
) -> None:
    sent = pickle.dumps(stored)
    with create_hdf5(tmp_path / "other.h5") as file:
        file[name] = np.ones((5, 3), np.float32)
    (tmp_path / "other.h5").replace(tmp_path / "references.h5")
    with pytest.raises(SubmissionError, match=reason):
        pickle.loads(sent)
