from __future__ import annotations

import platform
from typing import Any

import llvmlite.binding
import numpy as np
import pytest
from numba.core import config

from copytrace.search.plain import block_distances
from copytrace.search.sieve import _bytes, _products

Rows = Any
Product = _products.Product


@pytest.fixture(params=["wide", "narrow"])
def product(request: pytest.FixtureRequest) -> Product:
    found = {"wide": _products.WIDE, "narrow": _products.NARROW}[request.param]
    if not found.available():
        pytest.skip(f"this CPU has no {found.feature}")
    return found


def candidates(
    product: Product, query: Rows, reference: Rows, limit: float | list[float]
) -> set[tuple[int, int]]:
    """The pairs that pass the sieve, as rows of the arrays."""
    centre = np.zeros(query.shape[1])
    queries = _bytes.prepare_queries(query, centre, product)
    order, _, references = _bytes.prepare_references(reference, centre, product)
    limits = np.broadcast_to(np.asarray(limit, float), len(query)).copy()
    room = np.empty(((len(query) + product.group) * (len(reference) + 2 * product.panels * 16), 2), np.int32)
    count, panel = _bytes.sift(queries, references, limits, 0, room)
    assert panel == len(references.bound)
    found = {(int(q), int(order[r])) for q, r in room[:count]}
    assert len(found) == count
    return found


def within(query: Rows, reference: Rows, limit: float) -> set[tuple[int, int]]:
    distance = block_distances(query.astype(np.float64), reference.astype(np.float64))
    return {(int(q), int(r)) for q, r in np.argwhere(distance <= limit)}


EXTREMES = {
    "the largest codes of one sign": (np.ones((5, 256)), np.full((18, 256), 0.4)),
    "the largest codes of both signs": (np.ones((5, 256)), -np.ones((18, 256))),
    "alternating signs": (np.tile([1.0, -1.0], (5, 128)), np.tile([-1.0, 1.0], (18, 128))),
    "two large values beside each other": (
        np.eye(1, 256) + np.eye(1, 256, 1),
        np.eye(1, 256) + np.eye(1, 256, 1),
    ),
    "one dimension": (np.full((5, 1), -3.0), np.full((18, 1), 7.0)),
    "two dimensions": (np.full((5, 2), 3.0), np.full((18, 2), -7.0)),
    "five dimensions": (np.full((5, 5), 3.0), np.full((18, 5), 7.0)),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_products_neither_saturate_nor_overflow(product: Product, name: str) -> None:
    query, reference = EXTREMES[name]
    distance = float(block_distances(query, reference)[0, 0])
    # Codes cannot distinguish distances that differ by less than this.
    blur = 0.2 * np.linalg.norm(query[0]) * np.linalg.norm(reference[0])

    assert len(candidates(product, query, reference, distance)) == len(query) * len(reference)
    assert len(candidates(product, query, reference, distance - blur)) == 0


def test_codes_use_their_whole_range_and_no_more(product: Product) -> None:
    rows = np.eye(3, 8)

    _, scale = _bytes.measure(rows, np.zeros(8), product.query_largest, product.longest(8))
    queries = _bytes.encode(rows, np.zeros(8), scale).code
    _, scale = _bytes.measure(-rows, np.zeros(8), product.reference_largest, product.longest(8))
    references = _bytes.encode(-rows, np.zeros(8), scale).code

    assert (queries.min(), queries.max()) == (0, 127)
    assert (references.min(), references.max()) == (-127 if product.bits == 32 else -63, 0)


@pytest.mark.parametrize("product", [_products.WIDE, _products.NARROW], ids=["wide", "narrow"])
def test_a_panel_begins_with_what_its_sums_start_at(product: Product) -> None:
    # Packed identically on every CPU, whichever instructions it multiplies with.
    _, _, references = _bytes.prepare_references(np.array([[3.0, -1.0, 2.0, 0.5]]), np.zeros(4), product)

    panel = references.panels[0]
    start, code = panel[:64].view(np.int32), panel[64:68].astype(int)
    # Corrects the 128 added to each number of a query; and without a reference, less than any product.
    expected = [-128 * code.sum(), -product.most]
    if product.bits == 16:
        expected = [number % 2**16 for number in expected]
    assert start[:2].tolist() == expected


@pytest.mark.parametrize("dims", [256, 512, 66_000, 140_000])
def test_no_code_is_longer_than_its_sums_allow(product: Product, dims: int) -> None:
    longest = product.longest(dims)
    # Half a step from the next integer: rounding lengthens these codes as much as it can.
    steps = max(np.floor(longest / dims**0.5 - 0.5), 0) + 0.5
    rows = np.full((1, dims), steps)

    _, scale = _bytes.measure(rows, np.zeros(dims), product.query_largest, longest)
    code = _bytes.encode(rows, np.zeros(dims), scale).code.astype(int)

    assert (code**2).sum() < product.most


@pytest.mark.parametrize("dims", [512, 66_000, 140_000])
def test_no_pair_is_lost_in_many_dimensions(product: Product, dims: int) -> None:
    query, reference = np.ones((5, dims)), np.ones((18, dims))

    assert len(candidates(product, query, reference, 0.0)) == len(query) * len(reference)


@pytest.mark.parametrize("dims", [1, 3, 4, 63, 64, 255, 256])
def test_every_pair_within_the_limit_passes_and_few_others(product: Product, dims: int) -> None:
    generator = np.random.default_rng(dims)
    query = generator.normal(size=(37, dims)).astype(np.float32)
    reference = generator.normal(size=(333, dims)).astype(np.float32)
    distance = block_distances(query.astype(np.float64), reference.astype(np.float64))
    limit = float(np.quantile(distance, 0.01))

    passed = candidates(product, query, reference, limit)

    assert within(query, reference, limit) <= passed
    assert len(passed) < 0.15 * distance.size


def test_each_query_has_its_own_limit(product: Product) -> None:
    query, reference = np.zeros((6, 4)), np.ones((20, 4))

    passed = candidates(product, query, reference, [5.0, 3.0, np.inf, -np.inf, 4.0, 0.0])

    assert {q for q, _ in passed} == {0, 2, 4}
    assert len(passed) == 60


def test_it_stops_before_panels_that_might_not_fit(product: Product) -> None:
    centre, queries, at_once = np.zeros(4), product.group, product.panels
    query = _bytes.prepare_queries(np.zeros((queries, 4)), centre, product)
    _, _, reference = _bytes.prepare_references(np.zeros((100, 4)), centre, product)
    # Room for what is compared at once, and almost as much again.
    room = np.empty((2 * at_once * 16 * queries - 1, 2), np.int32)

    def sift(first: int) -> tuple[int, int]:
        return _bytes.sift(query, reference, np.ones(queries), first, room)

    assert sift(0) == (at_once * 16 * queries, at_once)
    assert sift(1) == (at_once * 16 * queries, 1 + at_once)
    # The last panel contains only four references.
    assert sift(6) == (4 * queries, 7)


def test_it_needs_the_instructions_and_a_compiler_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def quickest() -> Product | None:
        with monkeypatch.context() as patch:
            patch.setattr(platform, "machine", lambda: machine)
            patch.setattr(llvmlite.binding, "get_host_cpu_features", lambda: features)
            patch.setattr(config, "CPU_NAME", cpu_name, raising=False)
            return _products.quickest()

    machine, features, cpu_name = "x86_64", {"avx2": True, "avx512vnni": True}, None
    assert quickest() is _products.WIDE
    features = {"avx2": True, "avx512vnni": False}
    assert quickest() is _products.NARROW
    features = {"avx": True}
    assert quickest() is None
    machine, features = "aarch64", {"neon": True}
    assert quickest() is None
    machine, features, cpu_name = "x86_64", {"avx2": True}, "generic"
    assert quickest() is None
