"""The search compared with naive versions, and with faiss as the challenge's own script uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.evaluation import Judged, micro_ap
from copytrace.search import closest_pairs
from copytrace.search.float32 import FLOAT32
from copytrace.search.plain import PLAIN
from copytrace.search.sieve import SIEVE, _comparison, _products

if TYPE_CHECKING:
    from copytrace.search import Searcher

Vectors = Any


@st.composite
def vectors(draw: st.DrawFn, dims: int) -> Vectors:
    """Rows of a few integers or of any numbers, close to the origin or far away, some of them repeated."""
    rows = draw(st.integers(1, 12))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = draw(
        st.sampled_from(
            [
                generator.integers(-2, 3, (rows, dims)).astype(np.float64),
                generator.normal(size=(rows, dims)),
                generator.standard_cauchy((rows, dims)),
                generator.normal(size=(rows, dims)) * 10 ** generator.uniform(-6, 6, (rows, 1)),
            ]
        )
    )
    values = values * draw(st.sampled_from([1e-30, 1e-3, 1.0, 1e5])) + draw(st.sampled_from([0.0, 1.0, -1e4]))
    repeated = values[generator.integers(0, rows, draw(st.integers(1, 2)) * rows)]
    return repeated.clip(-6e4, 6e4).astype(draw(st.sampled_from(["float16", "float32", "float64"])))


@st.composite
def searches(draw: st.DrawFn) -> tuple[Vectors, Vectors, int]:
    dims = draw(st.integers(1, 9) | st.sampled_from([64, 255, 256]))
    query, reference = draw(vectors(dims)), draw(vectors(dims))
    return query, reference, draw(st.integers(1, len(query) * len(reference) + 1))


def naive_distance(query: Vectors, reference: Vectors) -> float:
    """The distance as Python sums it: one dimension after the other."""
    total = 0.0
    for a, b in zip(query.tolist(), reference.tolist(), strict=True):
        total += (a - b) * (a - b)
    return total


@given(search=searches())
def test_the_plain_search_gives_what_sorting_all_pairs_gives(search: tuple[Vectors, Vectors, int]) -> None:
    query, reference, count = search
    distance = np.array([[naive_distance(q, r) for r in reference] for q in query])

    found = PLAIN.pairs(query, reference, count)
    lists = PLAIN.nearest(query, reference, count)

    pairs = sorted((distance[q, r], q, r) for q in range(len(query)) for r in range(len(reference)))[:count]
    assert list(zip(found.distance, found.query, found.reference, strict=True)) == pairs
    assert lists.reference.tolist() == np.argsort(distance, axis=1, kind="stable")[:, :count].tolist()


LIMITS = st.sampled_from([0.0, 0.01, 0.3, 1.0, np.inf])


def assert_equals_plain_search(
    searcher: Searcher, search: tuple[Vectors, Vectors, int], share: float
) -> None:
    """Compare with the plain search, with a tolerance relative to its largest distance."""
    query, reference, count = search
    within = share * PLAIN.pairs(query, reference, 10**6).distance[-1] if share < np.inf else share

    found = searcher.pairs(query, reference, count, within=within, threads=2)
    lists = searcher.nearest(query, reference, count, within=within, threads=2)

    expected = PLAIN.pairs(query, reference, count, within=within)
    np.testing.assert_array_equal(found.query, expected.query)
    np.testing.assert_array_equal(found.reference, expected.reference)
    np.testing.assert_array_equal(found.distance, expected.distance)
    expected_lists = PLAIN.nearest(query, reference, count, within=within)
    np.testing.assert_array_equal(lists.reference, expected_lists.reference)
    np.testing.assert_array_equal(lists.distance, expected_lists.distance)


@given(search=searches(), share=LIMITS)
def test_float32_gives_what_the_plain_search_gives(
    search: tuple[Vectors, Vectors, int], share: float
) -> None:
    assert_equals_plain_search(FLOAT32, search, share)


SIEVES = {"wide products": _products.WIDE, "narrow products": _products.NARROW, "singles": None}


@pytest.mark.parametrize("way", SIEVES)
@given(search=searches(), share=LIMITS)
def test_every_sieve_gives_what_the_plain_search_gives(
    way: str, search: tuple[Vectors, Vectors, int], share: float
) -> None:
    product = SIEVES[way]
    if product is not None and not product.available():
        pytest.skip(f"this CPU has no {product.feature}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_products, "quickest", lambda: product)
        assert_equals_plain_search(SIEVE, search, share)


@given(search=searches(), share=LIMITS)
def test_all_distances_of_the_sieve_are_those_of_the_plain_search(
    search: tuple[Vectors, Vectors, int], share: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_comparison._Sieves, "choose", lambda _: None)
        assert_equals_plain_search(SIEVE, search, share)


@pytest.mark.needs("faiss")
def test_micro_ap_is_that_of_the_challenges_procedure() -> None:
    query, reference, source = submission(600, 8000, 64)
    count = 10 * len(query)

    found = closest_pairs(query, reference, count)

    right = source[found.query] == found.reference
    ours = micro_ap(Judged(right, -found.distance, found.query, (source >= 0).astype(np.int64)))
    assert ours == pytest.approx(official_micro_ap(query, reference, source, count), abs=1e-6)
    assert 0.5 < ours < 0.95


def submission(queries: int, references: int, dims: int) -> tuple[Vectors, Vectors, Vectors]:
    """Unit vectors in clusters; a fifth of the queries derive from a reference, with more or less noise."""
    generator = np.random.default_rng(5)
    middles = generator.normal(size=(50, dims))

    def background(rows: int) -> Vectors:
        return middles[generator.integers(0, 50, rows)] + generator.normal(size=(rows, dims))

    source = np.where(np.arange(queries) % 5 == 0, generator.integers(0, references, queries), -1)
    query, reference = background(queries), background(references)
    noise = generator.uniform(0, 2, (queries, 1)) * generator.normal(size=(queries, dims))
    query = np.where(source[:, None] >= 0, reference[source] + noise, query)
    query, reference = (
        (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32) for rows in (query, reference)
    )
    return query, reference, source


def official_micro_ap(query: Vectors, reference: Vectors, source: Vectors, count: int) -> float:
    """The challenge's method: faiss finds all pairs within a radius, which shrinks until the number is right."""
    import faiss

    index = faiss.IndexFlatL2(query.shape[1])
    index.add(reference)
    limits, distance, label = index.range_search(query, 1.5)
    assert len(distance) > count
    nearest_first = np.argsort(distance, kind="stable")[:count]
    of_query = np.repeat(np.arange(len(query)), np.diff(limits.astype(np.int64)))
    right = source[of_query[nearest_first]] == label[nearest_first]
    precision = np.cumsum(right) / np.arange(1, count + 1)
    return float(precision[right].sum() / (source >= 0).sum())
