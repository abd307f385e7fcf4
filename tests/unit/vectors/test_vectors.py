from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.errors import DescriptorError
from copytrace.records import Descriptors
from copytrace.vectors import (
    chunk_rows,
    open_descriptors,
    query_vectors,
    reference_vectors,
    write_descriptors,
)
from copytrace.vectors.faults import Faults
from copytrace.vectors.vectors import BLOCK_ROWS, blocks, check_values, judge_values, rows_not_finite

if TYPE_CHECKING:
    from pathlib import Path


def test_blocks_cover_all_rows_in_order() -> None:
    rows = np.arange(BLOCK_ROWS + 5, dtype=np.float32)[:, None]
    found = list(blocks(rows))
    assert [start for start, _ in found] == [0, BLOCK_ROWS]
    assert np.array_equal(np.concatenate([block for _, block in found]), rows)


def test_large_values_that_add_up_to_infinity_are_finite() -> None:
    largest = np.finfo(np.float32).max
    block = np.array([[largest, largest], [-largest, -largest], [np.inf, -np.inf], [np.nan, 0]], np.float32)
    assert rows_not_finite(block).tolist() == [2, 3]


def test_the_first_rows_with_nan_or_infinity_are_named_and_all_counted() -> None:
    rows = np.zeros((BLOCK_ROWS + 8, 3), np.float32)
    rows[2, 1] = np.nan
    rows[BLOCK_ROWS : BLOCK_ROWS + 7, 2] = -np.inf
    faults = Faults("f")
    judge_values(rows, [f"R{row}" for row in range(len(rows))], "'reference'", faults)
    told = faults.sentences()
    assert told[0] == "f: 'reference': row 2 ('R2') has nan in dimension 1; expected finite numbers."
    assert told[1] == "f: 'reference': row 16384 ('R16384') has -inf in dimension 2; expected finite numbers."
    assert told[5:] == ("f: 3 more rows of 'reference' have NaN or infinite values.",)


def test_finite_vectors_are_no_fault() -> None:
    faults = Faults("f")
    judge_values(np.ones((4, 2), np.float32), list("abcd"), "'query'", faults)
    check_values(np.ones((4, 2), np.float32), list("abcd"), "f")
    assert not faults


def test_a_vector_that_is_not_finite_is_refused_by_name() -> None:
    with pytest.raises(
        DescriptorError, match=r"set\.h5: the vector of 'b' has inf in dimension 0; expected finite numbers"
    ):
        check_values(np.array([[0.0], [np.inf]], np.float32), ["a", "b"], "set.h5")


def test_the_rows_of_a_chunk_are_known_for_files_and_both_roles_of_a_set(tmp_path: Path) -> None:
    vectors = np.ones((5, 3), np.float32)
    write_descriptors(tmp_path / "set.h5", Descriptors(list("abcde"), vectors, "pdq", bias=vectors[:, 0]))
    with open_descriptors(tmp_path / "set.h5") as stored:
        rows = chunk_rows(stored.vectors)
        assert rows > 1
        assert chunk_rows(query_vectors(stored)) == chunk_rows(reference_vectors(stored)) == rows
    assert chunk_rows(vectors) == 1
