from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.engines import LocalEngine
from copytrace.pipelines.candidates import find_candidates
from copytrace.pipelines.identical import identical_pairs
from copytrace.pipelines.query_views import ViewVectors
from copytrace.pipelines.sides import Side, Sides
from copytrace.progress import SILENT
from copytrace.records import Descriptors
from copytrace.search import nearest
from copytrace.vectors import DescriptorSetWriter, open_descriptors, write_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copytrace.records import ClosestPairs, Float32Array, Neighbours

Open = Callable[..., Sides]
A, B, C = (letter * 64 for letter in "abc")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens two sets of one dimension, with the digests of their files and the bias of the queries, if given."""
    with ExitStack() as stack:

        def open_both(
            queries: Sequence[float],
            references: Sequence[float],
            digests: tuple[Sequence[str], Sequence[str]] | None = None,
            bias: float | None = None,
        ) -> Sides:
            sides = []
            for place, values in enumerate((queries, references)):
                path = tmp_path / f"{place}.h5"
                write_descriptors(
                    path,
                    Descriptors(
                        [str(row) for row in range(len(values))],
                        np.array(values, np.float32)[:, None],
                        "pdq",
                        bias=None if bias is None else np.full(len(values), bias, np.float32),
                        content_sha256=None if digests is None else digests[place],
                    ),
                )
                sides.append(Side(stack.enter_context(open_descriptors(path))))
            return Sides(*sides)

        yield open_both


def found(
    sides: Sides, views: Sequence[ViewVectors] | None = None, **limits: int
) -> list[tuple[int, int, float]]:
    pairs: ClosestPairs = find_candidates(
        sides,
        views=views,
        max_results=limits.get("max_results"),
        per_query=limits.get("per_query"),
        engine=LocalEngine(1),
        threads=1,
        memory=None,
        progress=SILENT,
    )
    return list(zip(pairs.query.tolist(), pairs.reference.tolist(), pairs.distance.tolist(), strict=True))


def test_each_query_has_its_nearest_references(opened: Open) -> None:
    sides = opened([0, 5], [1, 7, 5])
    assert found(sides, per_query=1) == [(1, 2, 0), (0, 0, 1)]


def test_the_best_view_of_a_query_counts(opened: Open) -> None:
    sides = opened([0, 5], [1, 7, 100])
    views = [
        ViewVectors(np.array([0, 0]), np.array([[101], [3]], np.float32)),
        ViewVectors(np.array([1]), np.array([[1]], np.float32)),
    ]
    assert found(sides, views, per_query=2) == [(1, 0, 0), (0, 0, 1), (0, 2, 1), (1, 1, 4)]


def test_whole_pictures_and_their_views_are_searched_for_at_once(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = []

    def count(query: Float32Array, *rest: object, **options: Any) -> Neighbours:
        searched.append(query[: query.shape[0]].tolist())
        return nearest(query, *rest, **options)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr("copytrace.pipelines.candidates.nearest", count)
    view = ViewVectors(np.array([0]), np.array([[7]], np.float32))
    found(opened([0, 5], [1, 7, 100]), [view], per_query=2)
    assert searched == [[[0], [5], [7]]]


def test_the_closest_pairs_over_all_queries_are_available_with_views(opened: Open) -> None:
    view = ViewVectors(np.array([0]), np.array([[7]], np.float32))
    assert found(opened([0, 5], [1, 7, 100]), [view], max_results=2) == [(0, 1, 0), (0, 0, 1)]


@pytest.mark.parametrize("limits", [{"per_query": 1}, {"max_results": 1}])
def test_an_identical_file_comes_first_whatever_its_bias(opened: Open, limits: dict[str, int]) -> None:
    sides = opened([0, 0], [0, 9], digests=([A, B], [C, B]), bias=2)
    assert found(sides, **limits)[0] == (1, 1, 0)


def test_the_first_of_many_identical_references_count(opened: Open) -> None:
    sides = opened([0], [1, 2, 3], digests=([A], [B, A, A]))
    assert found(sides, per_query=1) == [(0, 1, 0)]


def test_thousands_of_copies_of_one_file_take_no_more_memory_than_the_pairs_asked_for(opened: Open) -> None:
    sides = opened([0] * 3000, [0] * 3000, digests=([A] * 3000, [A] * 3000))
    query, reference = sides.query.descriptors, sides.reference.descriptors
    pairs = identical_pairs(query, reference, None, 3002)
    assert [*zip(pairs.query.tolist(), pairs.reference.tolist(), strict=True)][-2:] == [(1, 0), (1, 1)]
    assert len(identical_pairs(query, reference, 2, None)) == 6000


def test_a_pair_of_identical_files_counts_once(opened: Open) -> None:
    sides = opened([0], [0, 3], digests=([A], [A, B]), bias=1)
    assert found(sides, per_query=2) == [(0, 0, 0), (0, 1, 10)]


def test_the_best_tile_of_a_reference_counts(tmp_path: Path) -> None:
    with ExitStack() as stack:
        sides = []
        for name, values, tiles in (("q", [0, 5], None), ("r", [50, 60], [[0, 1], [7, 8]])):
            vectors = np.array(values, np.float32)[:, None]
            parts = None if tiles is None else np.array(tiles, np.float32)[:, :, None]
            with DescriptorSetWriter(tmp_path / name, model="pdq") as writer:
                writer.append(["0", "1"], vectors, tiles=parts)
            sides.append(Side(stack.enter_context(open_descriptors(tmp_path / name))))
        assert found(Sides(*sides), per_query=2) == [(0, 0, 0), (1, 1, 4), (1, 0, 16), (0, 1, 49)]
        assert found(Sides(*sides), max_results=1) == [(0, 0, 0)]
