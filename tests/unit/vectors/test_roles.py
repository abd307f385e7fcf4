from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from copytrace.errors import DescriptorError
from copytrace.records import Descriptors
from copytrace.vectors import query_vectors, reference_vectors, require_same_model

PLAIN = Descriptors(["a", "b"], np.array([[1, 2], [3, 4]], np.float32), "pdq", "00ff")
BIASED = replace(PLAIN, bias=np.array([4, 9], np.float32))


def test_vectors_without_a_bias_are_the_same_in_both_roles() -> None:
    assert query_vectors(PLAIN) is PLAIN.vectors
    assert reference_vectors(PLAIN) is PLAIN.vectors


def test_a_bias_becomes_a_dimension() -> None:
    queries, references = query_vectors(BIASED), reference_vectors(BIASED)
    assert queries.shape == references.shape == (2, 3)
    assert queries.dtype == references.dtype == np.float32
    assert queries[0:2].tolist() == [[1, 2, 2], [3, 4, 3]]
    assert references[0:2].tolist() == [[1, 2, 0], [3, 4, 0]]
    assert queries[1:2].dtype == np.float32


def test_the_squared_distance_grows_by_the_bias_of_the_query_alone() -> None:
    queries, references = query_vectors(BIASED), reference_vectors(BIASED)
    difference = queries[0:1] - references[1:2]
    assert float((difference**2).sum()) == 8 + 4


def test_a_slice_reads_only_its_rows() -> None:
    assert query_vectors(BIASED)[1:9].tolist() == [[3, 4, 3]]
    assert len(query_vectors(BIASED)) == 2  # type: ignore[arg-type]


def test_sets_of_one_model_are_compatible() -> None:
    require_same_model(PLAIN, replace(PLAIN, ids=["c", "d"]))
    require_same_model(BIASED, BIASED)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (replace(PLAIN, model="gist"), "the model differs: 'pdq' for the queries, 'gist' for the references"),
        (
            replace(PLAIN, model_sha256="11"),
            "the model's digest .* differs: '00ff' for the queries, '11' for",
        ),
        (
            replace(PLAIN, vectors=PLAIN.vectors[:, :1]),
            "the number of dimensions differs: 2 for the queries, 1",
        ),
        (BIASED, "whether there is a bias differs: False for the queries, True for the references"),
    ],
    ids=["model", "digest", "dims", "bias"],
)
def test_sets_that_cannot_be_compared_are_refused(other: Descriptors, message: str) -> None:
    with pytest.raises(DescriptorError, match=message):
        require_same_model(PLAIN, other)
