from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import h5py
import numpy as np
import pytest

from copytrace.errors import SubmissionError
from copytrace.submissions import check_submission, reference_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Hdf5 = Callable[..., Path]
    TextFile = Callable[[str | bytes], Path]

QUERIES = ["Q0", "Q1", "Q2"]
REFERENCES = ["R0", "R1", "R2", "R3"]
HEADER = "query_id,reference_id,score\n"


def faults_of(path: Path, **options: object) -> list[str]:
    report = check_submission(path, **options)  # type: ignore[arg-type]
    return [fault.removeprefix(f"{path}: ") for fault in report.faults]


def test_a_valid_submission_is_described_by_facts(submission: Hdf5) -> None:
    path = submission()
    report = check_submission(path, queries=QUERIES, references=REFERENCES)
    assert report.valid
    assert (report.path, report.track) == (str(path), "descriptor")
    assert report.facts == {"queries": 3, "references": 4, "dimensions": 2}


def test_a_submission_behind_a_user_block_is_read_as_matlab_writes_it(
    submission: Hdf5, tmp_path: Path
) -> None:
    with h5py.File(submission()) as plain, h5py.File(tmp_path / "matlab.h5", "w", userblock_size=512) as file:
        for name in plain:
            plain.copy(name, file)

    report = check_submission(tmp_path / "matlab.h5", queries=QUERIES, references=REFERENCES)

    assert (report.faults, report.track) == ((), "descriptor")


def test_ids_in_another_order_are_valid(submission: Hdf5) -> None:
    assert faults_of(submission(), queries=QUERIES[::-1], references=set(REFERENCES)) == []


def test_missing_and_unknown_ids_are_named(submission: Hdf5) -> None:
    assert faults_of(submission(), queries=["Q0", "Q1", "Q7"], references=REFERENCES[:3]) == [
        "'query_ids': the ID 'Q2' is not in the list of IDs.",
        "'query_ids': the ID 'Q7' is missing; expected every ID of the list.",
        "'reference_ids': the ID 'R3' is not in the list of IDs.",
    ]


def test_a_file_with_many_times_more_ids_than_expected_is_not_read(submission: Hdf5) -> None:
    path = submission(query=np.full((31, 2), np.nan), query_ids=["same"] * 31)
    assert faults_of(path, queries=QUERIES) == ["'query_ids' has 31 IDs; expected the 3 of the list."]
    assert len(faults_of(path, queries=[*QUERIES, "Q3"])) > 1


def test_nan_and_infinity_are_named_with_row_and_id(submission: Hdf5) -> None:
    path = submission(query=[[0.0, 0.0], [0.0, np.nan], [np.inf, 0.0]])
    assert faults_of(path) == [
        "'query': row 1 ('Q1') has nan in dimension 1; expected finite numbers.",
        "'query': row 2 ('Q2') has inf in dimension 0; expected finite numbers.",
    ]


def test_ids_are_compared_though_the_vectors_are_faulty(submission: Hdf5) -> None:
    report = check_submission(submission(query=np.zeros(3)), queries=QUERIES[:2])
    assert [fault.partition(": ")[2] for fault in report.faults] == [
        "'query' has the shape (3,); expected (rows, dims).",
        "'query_ids': the ID 'Q2' is not in the list of IDs.",
    ]
    assert report.facts == {"references": 4, "dimensions": 2}


def test_values_are_not_judged_where_ids_do_not_fit_the_rows(submission: Hdf5) -> None:
    assert faults_of(submission(query=np.full((2, 2), np.nan))) == [
        "'query_ids' has 3 IDs for the 2 rows of 'query'; expected one per row."
    ]


def test_the_content_tells_the_track_not_the_name(
    submission: Hdf5, text_file: TextFile, tmp_path: Path
) -> None:
    table = text_file(HEADER + "Q1,R1,1\n").rename(tmp_path / "table.h5")
    vectors = submission().rename(tmp_path / "vectors.csv")
    assert check_submission(table).track == "matching"
    assert check_submission(table).valid
    assert check_submission(vectors).track == "descriptor"
    assert check_submission(vectors).valid


@pytest.mark.parametrize(
    ("content", "track", "fault"),
    [
        (HEADER, "descriptor", "is text, not HDF5; the descriptor track takes an HDF5 file."),
        ("", "descriptor", "is text, not HDF5; the descriptor track takes an HDF5 file."),
        (b"\x89HDF\r\n\x1a\n", "matching", "is HDF5; the matching track takes a CSV file."),
        (b"\xff\xd8\xff", "matching", "is neither HDF5 nor UTF-8 text; the matching track takes a CSV file."),
    ],
)
def test_a_file_of_the_other_track_is_reported(
    text_file: TextFile, content: str | bytes, track: Literal["matching", "descriptor"], fault: str
) -> None:
    path = text_file(content)
    report = check_submission(path, track=track)
    assert report.track == track
    assert report.faults == (f"{path}: {fault}",)


@pytest.mark.parametrize("content", [b"PK\x03\x04\0\0\0", b"\xff\xfeq\0u\0", b"\x1f\x8b\x08\xff"])
def test_a_file_of_neither_track_is_refused_with_both_formats(text_file: TextFile, content: bytes) -> None:
    assert faults_of(text_file(content)) == [
        (
            "is neither HDF5 nor UTF-8 text; the matching track takes a CSV file, the descriptor track takes an"
            " HDF5 file."
        )
    ]


def test_a_long_first_line_may_be_cut_within_a_character(text_file: TextFile) -> None:
    (fault,) = faults_of(text_file("x" * 4095 + "é\n"))
    assert fault.startswith("the header is 'xxx")


def test_an_empty_file_is_reported(text_file: TextFile) -> None:
    assert faults_of(text_file("")) == [
        "is empty; expected a CSV file with the header query_id,reference_id,score."
    ]


def test_a_file_that_does_not_exist_is_an_error_not_a_report(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="No such file"):
        check_submission(tmp_path / "none.h5")


def test_queries_alone_are_checked_against_the_frozen_references(
    submission: Hdf5, descriptor_set: Hdf5, tmp_path: Path
) -> None:
    references = descriptor_set(ids=["R2", "R1", "R0"]).rename(tmp_path / "references.h5")
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    digest = reference_digest(["R2", "R1", "R0"], vectors)
    path = submission(reference=None, reference_ids=None, _reference_sha256=digest)
    report = check_submission(path, queries=QUERIES, frozen=references)
    assert report.valid
    assert report.facts == {"queries": 3, "dimensions": 2, "reference_sha256": digest}


def test_queries_for_other_references_are_refused(
    submission: Hdf5, descriptor_set: Hdf5, tmp_path: Path
) -> None:
    references = descriptor_set(vectors=np.zeros((3, 5))).rename(tmp_path / "references.h5")
    wanted = reference_digest(QUERIES, np.zeros((3, 5), np.float32))
    path = submission(reference=None, reference_ids=None, _reference_sha256="0" * 64)
    assert faults_of(path, queries_only=True) == []
    assert faults_of(path, frozen=references) == [
        (
            f"the attribute 'reference_sha256' is {'0' * 64}; expected {wanted}, the digest of the frozen"
            " references. Pack the queries again, with the same references as in phase 1: copytrace pack QUERIES.h5"
            " --frozen FILE"
        ),
        "'query' has 2 dims and the frozen references 5; expected the same number.",
    ]


def test_faults_of_queries_are_reported_together(
    submission: Hdf5, descriptor_set: Hdf5, tmp_path: Path
) -> None:
    references = descriptor_set().rename(tmp_path / "references.h5")
    path = submission(query=None, reference=None, reference_ids=None)
    report = check_submission(path, queries=QUERIES[1:], frozen=references)
    assert [fault.partition(": ")[2].partition(";")[0] for fault in report.faults] == [
        "has no dataset 'query'",
        "the attribute 'reference_sha256' is missing",
        "'query_ids': the ID 'Q0' is not in the list of IDs.",
    ]
    assert report.facts == {}


def test_invalid_frozen_references_are_an_error(submission: Hdf5, tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r"none\.h5: No such file"):
        check_submission(submission(), frozen=tmp_path / "none.h5")
