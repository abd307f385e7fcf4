from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.errors import SubmissionError
from copytrace.submissions import frozen, open_frozen, reference_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Hdf5 = Callable[..., Path]


def naive_digest(ids: list[str], vectors: np.typing.NDArray[np.float32]) -> str:
    order = sorted(range(len(ids)), key=lambda row: ids[row].encode())
    return hashlib.sha256(vectors[order].astype("<f4").tobytes()).hexdigest()


@given(order=st.permutations(range(50)), block=st.integers(1, 60), at_once=st.integers(1, 60))
def test_the_digest_is_that_of_the_sorted_matrix(order: list[int], block: int, at_once: int) -> None:
    ids = [f"R{number}é" if number % 3 else f"R{number}" for number in order]
    vectors = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frozen, "BLOCK_ROWS", block)
        patch.setattr(frozen, "_ROWS_AT_ONCE", at_once)
        assert reference_digest(ids, vectors) == naive_digest(ids, vectors)


def test_the_digest_does_not_depend_on_the_order_of_rows_or_bytes() -> None:
    vectors = np.array([[1, 2], [3, 4]], np.float32)
    digest = reference_digest(["a", "b"], vectors)
    assert reference_digest(["b", "a"], vectors[::-1]) == digest
    assert reference_digest(["a", "b"], vectors.astype(">f4")) == digest
    assert reference_digest(["b", "a"], vectors) != digest


def test_a_set_and_the_submission_made_of_it_have_one_digest(hdf5: Hdf5, tmp_path: Path) -> None:
    vectors = np.array([[1, 2], [3, 4]], np.float32)
    plain = hdf5(ids=["a", "b"], vectors=vectors, bias=[1.0, 2.0], _model="m").rename(tmp_path / "set.h5")
    submitted = hdf5(
        query=[[0.0, 0.0, 0.0]],
        query_ids=["q"],
        reference=np.column_stack([vectors, np.zeros(2)]),
        reference_ids=["a", "b"],
    )
    with open_frozen(plain) as from_set, open_frozen(submitted) as from_submission:
        assert from_set.descriptors is not None
        assert from_submission.descriptors is None
        assert from_set.vectors.shape == from_submission.vectors.shape == (2, 3)
        assert reference_digest(from_set.ids, from_set.vectors) == reference_digest(
            from_submission.ids, from_submission.vectors
        )


def test_what_is_neither_set_nor_submission_is_refused(hdf5: Hdf5) -> None:
    with pytest.raises(SubmissionError, match="has no dataset 'vectors'"), open_frozen(hdf5(x=[1.0])):
        pass
