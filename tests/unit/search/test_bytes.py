from __future__ import annotations

import platform
from typing import Any

import llvmlite.binding
import numpy as np
import pytest
from numba.core import config

from copytrace.search import _bytes, exact

with_the_instruction = pytest.mark.skipif(not _bytes.available(), reason="this CPU has no AVX2")

Rows = Any


def candidates(
    query: Rows, reference: Rows, limit: float | list[float], first_panel: int = 0
) -> set[tuple[int, int]]:
    """The pairs that pass the sieve, as rows of the arrays."""
    centre = np.zeros(query.shape[1])
    queries = _bytes.prepare_queries(query, centre)
    order, _, references = _bytes.prepare_references(reference, centre)
    limits = np.broadcast_to(np.asarray(limit, float), len(query)).copy()
    room = np.empty((len(query) * len(reference) + 64 * len(query) + 64, 2), np.int32)
    count, panel = _bytes.sift(
        queries.groups, queries.bound, references.panels, references.bound, limits, first_panel, room
    )
    assert panel == len(references.panels)
    found = {(int(q), int(order[r])) for q, r in room[:count]}
    assert len(found) == count
    return found


def within(query: Rows, reference: Rows, limit: float) -> set[tuple[int, int]]:
    distance = exact.block_distances(query.astype(np.float64), reference.astype(np.float64))
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


@with_the_instruction
@pytest.mark.parametrize("name", EXTREMES)
def test_products_neither_saturate_nor_overflow(name: str) -> None:
    query, reference = EXTREMES[name]
    distance = float(exact.block_distances(query, reference)[0, 0])
    # Codes cannot tell distances apart that differ by less than this.
    blur = 0.2 * np.linalg.norm(query[0]) * np.linalg.norm(reference[0])

    assert len(candidates(query, reference, distance)) == len(query) * len(reference)
    assert len(candidates(query, reference, distance - blur)) == 0


@with_the_instruction
def test_codes_use_their_whole_range_and_no_more() -> None:
    rows = np.eye(3, 8)

    _, scale = _bytes.measure(rows, np.zeros(8), _bytes.QUERY_LARGEST)
    queries = _bytes.encode(rows, np.zeros(8), scale).code
    _, scale = _bytes.measure(-rows, np.zeros(8), _bytes.REFERENCE_LARGEST)
    references = _bytes.encode(-rows, np.zeros(8), scale).code

    assert (queries.min(), queries.max()) == (0, 127)
    assert (references.min(), references.max()) == (-63, 0)


@with_the_instruction
def test_no_code_is_longer_than_16_bits_allow() -> None:
    # Half a step from the next integer: rounding lengthens these codes as much as it can.
    rows = np.full((1, 256), 10.5) * 173 / 168

    _, scale = _bytes.measure(rows, np.zeros(256), _bytes.QUERY_LARGEST)
    code = _bytes.encode(rows, np.zeros(256), scale).code.astype(int)

    assert (code**2).sum() <= 32767


@with_the_instruction
@pytest.mark.parametrize("dims", [1, 3, 4, 63, 64, 255, 256])
def test_every_pair_within_the_limit_passes_and_few_others(dims: int) -> None:
    generator = np.random.default_rng(dims)
    query = generator.normal(size=(37, dims)).astype(np.float32)
    reference = generator.normal(size=(333, dims)).astype(np.float32)
    distance = exact.block_distances(query.astype(np.float64), reference.astype(np.float64))
    limit = float(np.quantile(distance, 0.01))

    passed = candidates(query, reference, limit)

    assert within(query, reference, limit) <= passed
    assert len(passed) < 0.15 * distance.size


@with_the_instruction
def test_each_query_has_its_own_limit() -> None:
    query, reference = np.zeros((6, 4)), np.ones((20, 4))

    passed = candidates(query, reference, [5.0, 3.0, np.inf, -np.inf, 4.0, 0.0])

    assert {q for q, _ in passed} == {0, 2, 4}
    assert len(passed) == 60


@with_the_instruction
def test_it_stops_before_a_panel_that_might_not_fit() -> None:
    centre = np.zeros(4)
    queries = _bytes.prepare_queries(np.zeros((4, 4)), centre)
    _, _, references = _bytes.prepare_references(np.zeros((100, 4)), centre)
    room = np.empty((64 + 63, 2), np.int32)

    arguments = (queries.groups, queries.bound, references.panels, references.bound, np.ones(4))

    assert _bytes.sift(*arguments, 0, room) == (64, 1)
    assert _bytes.sift(*arguments, 1, room) == (64, 2)
    # The last panel holds four references only.
    assert _bytes.sift(*arguments, 6, room) == (16, 7)


def test_it_needs_the_instruction_and_a_compiler_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers() -> bool:
        with monkeypatch.context() as patch:
            patch.setattr(platform, "machine", lambda: machine)
            patch.setattr(llvmlite.binding, "get_host_cpu_features", lambda: features)
            patch.setattr(config, "CPU_NAME", cpu_name, raising=False)
            return _bytes.available()

    machine, features, cpu_name = "x86_64", {"avx2": True}, None
    assert answers()
    features = {"avx": True}
    assert not answers()
    machine, features = "aarch64", {"neon": True}
    assert not answers()
    machine, features, cpu_name = "x86_64", {"avx2": True}, "generic"
    assert not answers()
