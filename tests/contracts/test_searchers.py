"""Every way of searching finds what the plain search finds: the same pairs, with bit-identical distances."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.search import SEARCHERS, KeptSearch, Searcher, blockwise, keep_block
from copytrace.search.plain import PLAIN
from copytrace.search.sieve import SIEVE, _comparison, _products

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from copytrace.records import ClosestPairs, Neighbours

    Vectors = npt.NDArray[Any]

# Settings that force the sieve to use one method, instead of the fastest one that separates enough pairs.
SETTINGS: dict[str, tuple[object, str, object]] = {
    "wide products": (_products, "quickest", lambda: _products.WIDE),
    "narrow products": (_products, "quickest", lambda: _products.NARROW),
    "singles": (_products, "quickest", lambda: None),
    "distances": (_comparison._Sieves, "choose", lambda _: None),
}
SIEVE_WAYS = {f"{SIEVE.name}, {setting}": SIEVE for setting in SETTINGS}
WAYS: dict[str, Searcher] = {searcher.name: searcher for searcher in SEARCHERS} | SIEVE_WAYS
PRODUCTS = {"wide products": _products.WIDE, "narrow products": _products.NARROW}


@pytest.fixture(params=[way for way in WAYS if way != PLAIN.name])
def searcher(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Searcher:
    setting = request.param.partition(", ")[2]
    product = PRODUCTS.get(setting)
    if product is not None and not product.available():
        pytest.skip(f"this CPU has no {product.feature}")
    if setting:
        monkeypatch.setattr(*SETTINGS[setting])
    else:
        # The first limit is computed from a sample, however small the sets are.
        monkeypatch.setattr(blockwise, "SAMPLED_QUERIES", 64)
        monkeypatch.setattr(blockwise, "SAMPLED_REFERENCES", 128)
        monkeypatch.setattr(blockwise, "FEWEST_SAMPLED", 1)
    return WAYS[request.param]


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


def assert_same_pairs(found: ClosestPairs, expected: ClosestPairs) -> None:
    np.testing.assert_array_equal(found.query, expected.query)
    np.testing.assert_array_equal(found.reference, expected.reference)
    np.testing.assert_array_equal(found.distance, expected.distance)


def assert_same_neighbours(found: Neighbours, expected: Neighbours) -> None:
    np.testing.assert_array_equal(found.reference, expected.reference)
    np.testing.assert_array_equal(found.distance, expected.distance)


@cache
def expected_pairs(name: str, count: int, within: float = np.inf) -> ClosestPairs:
    return PLAIN.pairs(*DATA[name](), count, within=within)


@cache
def expected_neighbours(name: str, k: int, within: float = np.inf) -> Neighbours:
    return PLAIN.nearest(*DATA[name](), k, within=within)


@every_data
@pytest.mark.parametrize("share", [1e-3, 0.3])
def test_the_closest_pairs_are_those_of_the_plain_search(searcher: Searcher, name: str, share: float) -> None:
    query, reference = DATA[name]()
    count = max(1, int(share * len(query) * len(reference)))

    assert_same_pairs(searcher.pairs(query, reference, count, threads=2), expected_pairs(name, count))


@every_data
@pytest.mark.parametrize("k", [1, 7])
def test_the_nearest_references_are_those_of_the_plain_search(searcher: Searcher, name: str, k: int) -> None:
    assert_same_neighbours(searcher.nearest(*DATA[name](), k, threads=2), expected_neighbours(name, k))


@every_data
def test_a_limit_leaves_out_what_is_further_away_and_keeps_what_is_just_as_far(
    searcher: Searcher, name: str
) -> None:
    query, reference = DATA[name]()
    count = len(query) * len(reference)
    within = float(expected_pairs(name, max(1, count // 1000)).distance[-1])

    found = searcher.pairs(query, reference, count, within=within)
    lists = searcher.nearest(query, reference, 5, within=within)

    assert found.distance[-1] == within
    assert_same_pairs(found, expected_pairs(name, count, within))
    assert_same_neighbours(lists, expected_neighbours(name, 5, within))


def test_a_limit_that_no_pair_meets_gives_no_pair(searcher: Searcher) -> None:
    query, reference = normal(40, 12, 1), normal(300, 12, 2)

    assert len(searcher.pairs(query, reference, 10, within=1e-9)) == 0
    lists = searcher.nearest(query, reference, 2, within=1e-9)
    assert (lists.reference == -1).all()
    assert (lists.distance == np.inf).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_the_result_does_not_depend_on_the_threads(searcher: Searcher, threads: int) -> None:
    query, reference = normal(150, 12, 1).round(1), normal(3000, 12, 2).round(1)

    found = searcher.pairs(query, reference, 3000, threads=threads)
    lists = searcher.nearest(query, reference, 20, threads=threads)

    assert_same_pairs(found, PLAIN.pairs(query, reference, 3000))
    assert_same_neighbours(lists, PLAIN.nearest(query, reference, 20))


@pytest.mark.parametrize("count", [20, 21, 10**9])
def test_a_count_of_all_pairs_or_more_gives_all_pairs(searcher: Searcher, count: int) -> None:
    query, reference = normal(4, 3, 1), normal(5, 3, 2)

    assert len(searcher.pairs(query, reference, count)) == 20
    assert searcher.nearest(query, reference, count).reference.shape == (4, 5)


@every_data
def test_references_that_stay_are_found_as_by_the_plain_search(name: str) -> None:
    with np.errstate(over="ignore"):
        query, reference = (vectors.astype(np.float32) for vectors in DATA[name]())
    if not (np.isfinite(query).all() and np.isfinite(reference).all()):
        pytest.skip("float32 does not hold these values")
    pieces = np.split(reference, [len(reference) // 3])

    found = KeptSearch([keep_block(piece) for piece in pieces if len(piece)]).nearest(query, 7)

    assert_same_neighbours(found, PLAIN.nearest(query, reference, 7))


def test_no_two_searchers_have_the_same_name() -> None:
    assert len({searcher.name for searcher in SEARCHERS}) == len(SEARCHERS)
