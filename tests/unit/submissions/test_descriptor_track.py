from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from copytrace.errors import DescriptorError, SubmissionError
from copytrace.records import Descriptors
from copytrace.submissions import (
    open_descriptor_submission,
    open_queries_only,
    write_descriptor_submission,
    write_queries_only,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Hdf5 = Callable[..., Path]

QUERIES = Descriptors(["Q1", "Q2"], np.array([[1, 2], [3, 4]], np.float32), "pdq")
REFERENCES = Descriptors(["R1", "Ü2", "R3"], np.array([[5, 6], [7, 8], [9, 0]], np.float32), "pdq")
DIGEST = "0123456789abcdef" * 4


def faults_of(path: Path) -> list[str]:
    with pytest.raises(SubmissionError) as raised, open_descriptor_submission(path):
        pass
    return [fault.removeprefix(f"{path}: ") for fault in raised.value.faults]


def queries_only_faults(path: Path) -> list[str]:
    with pytest.raises(SubmissionError) as raised, open_queries_only(path):
        pass
    return [fault.removeprefix(f"{path}: ") for fault in raised.value.faults]


def test_what_is_written_is_the_format_of_the_challenge(tmp_path: Path) -> None:
    path = tmp_path / "submission.h5"
    write_descriptor_submission(path, QUERIES, REFERENCES)
    with h5py.File(path) as file:
        assert sorted(file) == ["query", "query_ids", "reference", "reference_ids"]
        assert file["query"].dtype == file["reference"].dtype == np.float32
        assert file["query"][:].tolist() == [[1, 2], [3, 4]]
        assert file["reference_ids"].asstr()[:].tolist() == ["R1", "Ü2", "R3"]
        assert file["reference"].chunks is None


def test_a_bias_becomes_the_last_dimension(tmp_path: Path) -> None:
    path = tmp_path / "submission.h5"
    queries = replace(QUERIES, bias=np.array([4, 9], np.float32))
    references = replace(REFERENCES, bias=np.array([1, 2, 3], np.float32))
    write_descriptor_submission(path, queries, references)
    with open_descriptor_submission(path) as submission:
        assert submission.query[:].tolist() == [[1, 2, 2], [3, 4, 3]]
        assert submission.reference[:].tolist() == [[5, 6, 0], [7, 8, 0], [9, 0, 0]]


def test_a_submission_is_read_in_blocks(submission: Hdf5) -> None:
    with open_descriptor_submission(submission()) as opened:
        assert opened.query_ids == ["Q0", "Q1", "Q2"]
        assert opened.reference_ids == ["R0", "R1", "R2", "R3"]
        assert opened.reference.shape == (4, 2)
        assert opened.reference.dtype == np.float32
        assert opened.reference[1:3].tolist() == [[2, 3], [4, 5]]
        assert opened.reference[3:99].tolist() == [[6, 7]]
        assert opened.reference[4:9].shape == (0, 2)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, ">f4", np.int8, np.uint64])
def test_other_numbers_are_read_as_float32(submission: Hdf5, dtype: object) -> None:
    path = submission(query=np.arange(6).reshape(3, 2).astype(dtype))  # type: ignore[arg-type]
    with open_descriptor_submission(path) as opened:
        assert opened.query.dtype == opened.query[:].dtype == np.float32
        assert opened.query[:].tolist() == [[0, 1], [2, 3], [4, 5]]


def test_numbers_beyond_float32_become_infinite(submission: Hdf5) -> None:
    with open_descriptor_submission(submission(query=np.full((3, 2), 1e300))) as opened:
        assert np.isinf(opened.query[:]).all()


@pytest.mark.parametrize(
    "ids",
    [
        ["Q0", "Ü1", "Q2"],
        [b"Q0", "Ü1".encode(), b"Q2"],
        np.array([b"Q0", "Ü1".encode(), b"Q2"]),
    ],
    ids=["variable", "variable bytes", "fixed bytes"],
)
def test_ids_may_be_text_of_any_kind(submission: Hdf5, ids: object) -> None:
    with open_descriptor_submission(submission(query_ids=ids)) as opened:
        assert opened.query_ids == ["Q0", "Ü1", "Q2"]


def test_all_faults_of_a_submission_are_named(submission: Hdf5) -> None:
    path = submission(
        query=np.zeros((3, 3)), query_ids=["Q0", "Q0"], reference_ids=[1, 2, 3, 4], extra=np.zeros(1)
    )
    assert faults_of(path) == [
        "'query_ids' has 2 IDs for the 3 rows of 'query'; expected one per row.",
        "'query_ids': the ID 'Q0' appears 2 times; expected once.",
        "'reference_ids' contains integers; expected text: byte strings or UTF-8.",
        "'query' has 3 dims and 'reference' 2; expected the same number.",
    ]


def test_missing_datasets_are_all_named(submission: Hdf5) -> None:
    assert faults_of(submission(query=None, reference_ids=None)) == [
        "has no dataset 'query'; the file contains 'query_ids', 'reference'.",
        "has no dataset 'reference_ids'; the file contains 'query_ids', 'reference'.",
    ]


def test_more_than_256_dims_are_refused(submission: Hdf5) -> None:
    assert faults_of(submission(query=np.zeros((3, 512), np.float32), reference=np.zeros((4, 512)))) == [
        (
            "'query' is (3, 512) float32; expected at most 256 dims. Try a model with at most 256 dimensions:"
            " copytrace models"
        ),
        (
            "'reference' is (4, 512) float64; expected at most 256 dims. Try a model with at most 256"
            " dimensions: copytrace models"
        ),
    ]


def test_sets_of_two_models_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(DescriptorError, match="the model differs"):
        write_descriptor_submission(tmp_path / "s.h5", QUERIES, replace(REFERENCES, model="gist"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (replace(QUERIES, vectors=np.zeros((2, 257), np.float32)), r"'query' would be \(2, 257\) for 2 IDs"),
        (replace(QUERIES, ids=["Q1"]), r"'query' would be \(2, 2\) for 1 IDs"),
        (replace(QUERIES, vectors=np.full((2, 2), np.nan, np.float32)), "the vector of 'Q1' has nan"),
        (replace(QUERIES, ids=["Q1", "Q1"]), "the ID 'Q1' appears 2 times"),
        (
            replace(QUERIES, vectors=np.zeros((2, 256), np.float32), bias=np.zeros(2, np.float32)),
            r"'query' would be \(2, 257\) for 2 IDs, with a bias",
        ),
    ],
)
def test_an_invalid_submission_is_not_written(tmp_path: Path, queries: Descriptors, message: str) -> None:
    with pytest.raises((DescriptorError, SubmissionError), match=message):
        write_queries_only(tmp_path / "s.h5", queries, DIGEST)
    assert list(tmp_path.iterdir()) == []


def test_queries_alone_carry_the_digest_of_their_references(tmp_path: Path) -> None:
    path = tmp_path / "queries.h5"
    write_queries_only(path, QUERIES, DIGEST)
    with open_queries_only(path) as opened:
        assert opened.query_ids == ["Q1", "Q2"]
        assert opened.query[:].tolist() == [[1, 2], [3, 4]]
        assert opened.reference_sha256 == DIGEST


@pytest.mark.parametrize("digest", [np.bytes_(DIGEST), DIGEST.upper()], ids=["fixed bytes", "capitals"])
def test_a_digest_may_be_written_in_other_ways(submission: Hdf5, digest: object) -> None:
    path = submission(reference=None, reference_ids=None, _reference_sha256=digest)
    with open_queries_only(path) as opened:
        assert opened.reference_sha256 == DIGEST


def test_a_submission_with_references_is_not_queries_only(submission: Hdf5) -> None:
    assert queries_only_faults(submission()) == [
        "contains a dataset 'reference'; a queries-only submission must have none, since the references are frozen.",
        (
            "the attribute 'reference_sha256' is missing; expected the SHA-256 of the frozen references, 64"
            " hexadecimal digits. `copytrace pack QUERIES.h5 --frozen REFERENCES.h5` writes it."
        ),
    ]


def test_a_digest_of_another_kind_is_refused(submission: Hdf5) -> None:
    (fault,) = queries_only_faults(
        submission(reference=None, reference_ids=None, _reference_sha256="d41d8cd98f00b204e9800998ecf8427e")
    )
    assert fault.startswith(
        "the attribute 'reference_sha256' is 'd41d8cd98f00b204e9800998ecf8427e'; expected the SHA-256"
    )
