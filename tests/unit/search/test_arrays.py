from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from copytrace.errors import SearchError
from copytrace.search import SEARCHERS, Searcher, arrays, closest_pairs, nearest

if TYPE_CHECKING:
    from pathlib import Path

ONE = np.zeros((1, 2))

BAD_SHAPES = {
    "'query' has shape (2,); expected (rows, dims) with at least one row": (np.zeros(2), ONE),
    "'query' has shape (0, 2); expected (rows, dims) with at least one row": (np.zeros((0, 2)), ONE),
    "'reference' has shape (1, 2, 1);": (ONE, np.zeros((1, 2, 1))),
    "'reference' has 257 dimensions; the search supports 1 to 256": (ONE, np.zeros((1, 257))),
    "'query' has 0 dimensions": (np.zeros((1, 0)), ONE),
    "'query' has 2 dimensions and 'reference' has 3; expected the same number": (ONE, np.zeros((1, 3))),
    "'query' contains bool; expected real numbers": (np.zeros((1, 2), bool), ONE),
    "'reference' contains complex128; expected real numbers": (ONE, np.zeros((1, 2), complex)),
    "'reference' contains object": (ONE, np.zeros((1, 2), object)),
}


@pytest.mark.parametrize(("message", "vectors"), BAD_SHAPES.items(), ids=BAD_SHAPES)
def test_arrays_that_do_not_fit_are_refused_before_they_are_read(
    message: str, vectors: tuple[Any, Any]
) -> None:
    for search in (closest_pairs, nearest):
        with pytest.raises(SearchError) as caught:
            search(*vectors, 1)
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize("searcher", SEARCHERS, ids=lambda searcher: searcher.name)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2e150])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_value_without_a_distance_is_named_with_its_place(
    value: float, dtype: str, searcher: Searcher
) -> None:
    query, reference = np.zeros((300, 3), dtype), np.zeros((5000, 3), dtype)
    with np.errstate(over="ignore"):
        reference[4321, 2] = value

    with pytest.raises(SearchError, match=r"'reference' row 4321, dimension 2 is .*; expected finite values"):
        searcher.pairs(query, reference, 1)
    with pytest.raises(SearchError, match=r"'query' row 4321, dimension 2 is .*; expected finite values"):
        searcher.nearest(reference, query, 1)


def test_rows_from_all_over_are_sampled() -> None:
    rows = np.arange(1000.0)[:, None]

    sample = arrays.sample_rows("reference", rows, 200)[:, 0]

    assert len(sample) == 192
    assert (sample[0], sample[-1]) == (0, 999)
    assert max(np.diff(sample)) < 20


def test_all_rows_are_the_sample_where_there_are_not_more() -> None:
    rows = np.arange(10.0)[:, None]

    assert arrays.sample_rows("reference", rows, 10).tolist() == rows.tolist()


def test_a_sample_takes_one_run_of_each_stored_chunk(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "set.h5", "w") as file:
        rows = file.create_dataset("reference", data=np.arange(1000.0)[:, None], chunks=(400, 1))

        sample = arrays.sample_rows("reference", rows, 100)[:, 0]

    assert sample.tolist() == [*range(50), *range(950, 1000)]


@pytest.mark.parametrize(
    ("query", "reference", "common"),
    [
        ("float32", "float32", "float32"),
        ("float16", "uint8", "float32"),
        ("float32", "float64", "float64"),
        ("int32", "float32", "float64"),
    ],
)
def test_both_sides_are_compared_in_a_type_that_holds_all_values(
    query: str, reference: str, common: str
) -> None:
    assert arrays.common_type(np.zeros((1, 1), query), np.zeros((1, 1), reference)) == common


@pytest.mark.parametrize("within", [-1e-9, np.nan])
def test_a_limit_that_no_distance_can_meet_is_refused(within: float) -> None:
    for search in (closest_pairs, nearest):
        with pytest.raises(SearchError, match=r"within is .*; expected a squared distance, at least 0"):
            search(ONE, ONE, 1, within=within)
