"""Every way to search gives what the plain search gives: the same pairs, and distances equal to the last bit."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.search import _engine, _products, arrays, capped, closest_pairs, exact, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from copytrace.records import ClosestPairs, Neighbours

    Vectors = npt.NDArray[Any]

# What to set for each way. The quicker ways fall back on the slower ones where they tell nothing apart.
BACKENDS: dict[str, list[tuple[object, str, object]]] = {
    "wide products": [(_engine, "FEW_QUERIES", 0), (_products, "quickest", lambda: _products.WIDE)],
    "narrow products": [(_engine, "FEW_QUERIES", 0), (_products, "quickest", lambda: _products.NARROW)],
    "singles": [(_engine, "FEW_QUERIES", 0), (_products, "quickest", lambda: None)],
    "distances": [(_engine, "FEW_QUERIES", 10**9)],
    "estimate": [
        (_engine, "FEW_QUERIES", 0),
        (capped, "SAMPLED_QUERIES", 64),
        (capped, "SAMPLED_REFERENCES", 128),
        (capped, "FEWEST_SAMPLED", 1),
    ],
}


PRODUCTS = {"wide products": _products.WIDE, "narrow products": _products.NARROW}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    product = PRODUCTS.get(request.param)
    if product is not None and not product.available():
        pytest.skip(f"this CPU has no {product.feature}")
    monkeypatch.setattr(arrays, "SMALL", 0)
    for place, name, value in BACKENDS[request.param]:
        monkeypatch.setattr(place, name, value)
    return request.param


def normal(rows: int, dims: int, seed: int) -> Vectors:
    return np.random.default_rng(seed).normal(size=(rows, dims)).astype(np.float32)


def around(points: Vectors, rows: int, noise: float, seed: int) -> Vectors:
    chosen = np.random.default_rng(seed).integers(0, len(points), rows)
    return points[chosen] + np.float32(noise) * normal(rows, points.shape[1], seed + 1)


def with_outlier(vectors: Vectors, factor: float) -> Vectors:
    return np.concatenate([vectors[:1] * np.float32(factor), vectors[1:]])


def of_all_norms(rows: int, dims: int, low: float, high: float, seed: int) -> Vectors:
    norms = 10 ** np.random.default_rng(seed).uniform(low, high, (rows, 1))
    return normal(rows, dims, seed).astype(np.float64) * norms


def integers(rows: int, dims: int, values: int, dtype: str, seed: int) -> Vectors:
    return np.random.default_rng(seed).integers(0, values, (rows, dims)).astype(dtype)


POINT = normal(2, 24, 1)

DATA: dict[str, Callable[[], tuple[Vectors, Vectors]]] = {
    "independent vectors": lambda: (normal(200, 40, 1), normal(600, 40, 2)),
    "256 dimensions": lambda: (normal(150, 256, 1), normal(300, 256, 2)),
    "1 dimension": lambda: (normal(300, 1, 1), normal(600, 1, 2)),
    "one query and one reference": lambda: (normal(1, 5, 1), normal(1, 5, 2)),
    "one query": lambda: (normal(1, 16, 1), normal(3000, 16, 2)),
    "one reference": lambda: (normal(2000, 16, 1), normal(1, 16, 2)),
    "more than one chunk of queries": lambda: (normal(1100, 8, 1), normal(100, 8, 2)),
    "more than one block of references": lambda: (normal(140, 8, 1), normal(3000, 8, 2)),
    "copies with noise": lambda: (around(normal(50, 32, 1), 300, 0.01, 2), normal(50, 32, 1)),
    "all equal": lambda: (np.tile(POINT[0], (200, 1)), np.tile(POINT[0], (600, 1))),
    "all at one distance": lambda: (np.tile(POINT[0], (200, 1)), np.tile(POINT[1], (600, 1))),
    "two tight clusters": lambda: (around(POINT, 200, 1e-3, 1), around(POINT, 600, 1e-3, 2)),
    "two clusters too tight for float32": lambda: (
        around(POINT, 200, 1e-7, 1).astype(np.float64) + 1e-9 * normal(200, 24, 3),
        around(POINT, 900, 1e-7, 2).astype(np.float64) + 1e-9 * normal(900, 24, 4),
    ),
    "far from the origin": lambda: (normal(200, 16, 1) + 1000, normal(600, 16, 2) + 1000),
    "a far outlier among the references": lambda: (normal(200, 16, 1), with_outlier(normal(600, 16, 2), 1e6)),
    "a far outlier among the queries": lambda: (with_outlier(normal(200, 16, 1), 1e6), normal(600, 16, 2)),
    "duplicates by the thousand": lambda: (normal(150, 16, 1), np.repeat(normal(3, 16, 2), 1000, axis=0)),
    "zero vectors": lambda: (np.zeros((200, 7), np.float32), np.zeros((600, 7), np.float32)),
    "some zero vectors": lambda: (
        normal(200, 7, 1) * (np.arange(200) % 3 > 0)[:, None],
        normal(600, 7, 2) * (np.arange(600) % 5 > 0)[:, None],
    ),
    "denormals": lambda: (normal(200, 8, 1) * np.float32(1e-42), normal(600, 8, 2) * np.float32(1e-42)),
    "float64 whose squares vanish": lambda: (
        normal(200, 8, 1).astype(np.float64) * 1e-170,
        normal(600, 8, 2).astype(np.float64) * 1e-170,
    ),
    "float64 whose squares are denormal": lambda: (
        normal(200, 8, 1).astype(np.float64) * 1e-157,
        normal(600, 8, 2).astype(np.float64) * 1e-157,
    ),
    "the largest float64 that is taken": lambda: (
        np.sign(normal(200, 8, 1)).astype(np.float64) * 1e150,
        normal(600, 8, 2).astype(np.float64) * 1e149,
    ),
    "the largest float32": lambda: (np.sign(normal(200, 8, 1)) * np.float32(3e38), normal(600, 8, 2)),
    "norms from 1e-6 to 1e6": lambda: (of_all_norms(200, 16, -6, 6, 1), of_all_norms(600, 16, -6, 6, 2)),
    "norms from 1e-100 to 1e100": lambda: (
        of_all_norms(200, 8, -100, 100, 1),
        of_all_norms(600, 8, -100, 100, 2),
    ),
    "codes of zeros but for one dimension": lambda: (
        normal(200, 64, 1) * np.float32(1e-4) + np.eye(1, 64, dtype=np.float32),
        normal(600, 64, 2) * np.float32(1e-4)
        + np.eye(1, 64, dtype=np.float32) * (np.arange(600) % 2)[:, None],
    ),
    "bits": lambda: (integers(200, 64, 2, "float32", 1), integers(600, 64, 2, "float32", 2)),
    "few integers": lambda: (integers(200, 4, 3, "int64", 1), integers(600, 4, 3, "int64", 2)),
    "bytes": lambda: (integers(200, 24, 256, "uint8", 1), integers(600, 24, 256, "uint8", 2)),
    "float16 against float32": lambda: (normal(200, 24, 1).astype(np.float16), normal(600, 24, 2)),
    "float64 against float32": lambda: (normal(200, 24, 1).astype(np.float64) / 3, normal(600, 24, 2)),
    "not contiguous": lambda: (normal(400, 24, 1)[::2], normal(600, 48, 2)[:, ::2]),
    "big-endian": lambda: (normal(200, 24, 1).astype(">f4"), normal(600, 24, 2).astype(">f4")),
}

every_data = pytest.mark.parametrize("name", DATA)
every_threads = pytest.mark.parametrize("threads", [1, 3])


@cache
def expected_pairs(name: str, count: int) -> ClosestPairs:
    return exact.closest_pairs(*DATA[name](), count)


@cache
def expected_neighbours(name: str, k: int) -> Neighbours:
    return exact.nearest(*DATA[name](), k)


@every_data
@pytest.mark.parametrize("share", [1e-3, 0.3])
@pytest.mark.usefixtures("backend")
def test_the_closest_pairs_are_those_of_the_plain_search(name: str, share: float) -> None:
    query, reference = DATA[name]()
    count = max(1, int(share * len(query) * len(reference)))

    found = closest_pairs(query, reference, count, threads=2)

    expected = expected_pairs(name, count)
    np.testing.assert_array_equal(found.query, expected.query)
    np.testing.assert_array_equal(found.reference, expected.reference)
    np.testing.assert_array_equal(found.distance, expected.distance)


@every_data
@pytest.mark.parametrize("k", [1, 7])
@pytest.mark.usefixtures("backend")
def test_the_nearest_references_are_those_of_the_plain_search(name: str, k: int) -> None:
    found = nearest(*DATA[name](), k, threads=2)

    expected = expected_neighbours(name, k)
    np.testing.assert_array_equal(found.reference, expected.reference)
    np.testing.assert_array_equal(found.distance, expected.distance)


@every_threads
@pytest.mark.usefixtures("backend")
def test_the_result_does_not_depend_on_the_threads(threads: int) -> None:
    query, reference = normal(150, 12, 1).round(1), normal(3000, 12, 2).round(1)

    found = closest_pairs(query, reference, 3000, threads=threads)
    lists = nearest(query, reference, 20, threads=threads)

    np.testing.assert_array_equal(found.reference, exact.closest_pairs(query, reference, 3000).reference)
    np.testing.assert_array_equal(lists.reference, exact.nearest(query, reference, 20).reference)


@pytest.mark.parametrize("count", [20, 21, 10**9])
@pytest.mark.usefixtures("backend")
def test_a_count_of_all_pairs_or_more_gives_all_pairs(count: int) -> None:
    query, reference = normal(4, 3, 1), normal(5, 3, 2)

    assert len(closest_pairs(query, reference, count)) == 20
    assert nearest(query, reference, count).reference.shape == (4, 5)
