from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from copytrace.errors import SubmissionError
from copytrace.vectors import (
    is_descriptor_file,
    map_vectors,
    open_descriptors,
    read_descriptors,
    read_header,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Hdf5 = Callable[..., Path]


def faults_of(path: Path) -> list[str]:
    with pytest.raises(SubmissionError) as raised:
        read_descriptors(path)
    return [fault.removeprefix(f"{path}: ") for fault in raised.value.faults]


def test_a_set_is_read_as_it_was_written_by_any_program(descriptor_set: Hdf5) -> None:
    path = descriptor_set(_model_sha256=np.bytes_("00ff"), bias=np.array([0, 1, 2], np.float64))
    descriptors = read_descriptors(path)
    assert descriptors.ids == ["Q0", "Q1", "Q2"]
    assert descriptors.vectors.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert descriptors.vectors.dtype == np.float32
    assert (descriptors.model, descriptors.model_sha256, descriptors.copytrace_version) == (
        "pdq",
        "00ff",
        "0.1.0",
    )
    assert descriptors.bias is not None
    assert descriptors.bias.tolist() == [0, 1, 2]
    assert descriptors.bias.dtype == np.float32


def test_only_the_name_of_the_model_is_required(descriptor_set: Hdf5) -> None:
    descriptors = read_descriptors(descriptor_set(_model_sha256=None, _copytrace_version=None))
    assert (descriptors.model_sha256, descriptors.copytrace_version) == ("", "")
    assert descriptors.bias is None


def test_an_open_set_reads_the_vectors_that_are_asked_for(descriptor_set: Hdf5) -> None:
    with open_descriptors(descriptor_set()) as stored:
        assert len(stored) == 3
        assert stored.vectors.shape == (3, 2)
        assert len(stored.vectors) == 3
        assert stored.vectors[1:2].tolist() == [[2, 3]]


@pytest.mark.parametrize(
    "ids", [["Q0", "Ü1", "Q2"], np.array([b"Q0", "Ü1".encode(), b"Q2"])], ids=["any", "fixed"]
)
def test_ids_of_fixed_and_of_variable_length_are_read(descriptor_set: Hdf5, ids: object) -> None:
    with open_descriptors(descriptor_set(ids=ids)) as stored:
        assert stored.ids == ["Q0", "Ü1", "Q2"]
        assert (stored.ids[1], stored.ids[-1]) == ("Ü1", "Q2")


def test_the_header_is_read_without_the_rows(descriptor_set: Hdf5) -> None:
    path = descriptor_set(ids=["Q0", "Q0"], _quality="best", _source="/photos", bias=np.ones(3))
    header = read_header(path)
    assert (header.path, header.images, header.dims, header.biased) == (path, 3, 2, True)
    assert (header.model, header.quality, header.source) == ("pdq", "best", "/photos")
    assert (header.model_sha256, header.background_sha256, header.copytrace_version) == ("", "", "0.1.0")


def test_a_file_without_a_model_has_no_header(descriptor_set: Hdf5) -> None:
    with pytest.raises(SubmissionError, match="has no attribute 'model'"):
        read_header(descriptor_set(_model=None))


def test_locations_of_images_are_read_on_request(descriptor_set: Hdf5) -> None:
    digests = [digit * 64 for digit in "abc"]
    path = descriptor_set(paths=["a/Q0.jpg", "Q1.png", "Q2.jpg"], content_sha256=np.array(digests, "S64"))
    with open_descriptors(path) as stored:
        assert stored.paths is not None
        assert stored.paths[1] == "Q1.png"
        assert stored.content_sha256 == digests
    whole = read_descriptors(path)
    assert (whole.paths, whole.content_sha256) == (["a/Q0.jpg", "Q1.png", "Q2.jpg"], digests)


@pytest.mark.parametrize(
    ("paths", "fault"),
    [
        (["a.jpg"], "'paths' has 1 texts for 3 vectors; expected one each."),
        ([1, 2, 3], "'paths' contains integers; expected text: byte strings or UTF-8."),
    ],
)
def test_paths_that_do_not_fit_are_refused(descriptor_set: Hdf5, paths: list[object], fault: str) -> None:
    assert faults_of(descriptor_set(paths=paths)) == [fault]


def test_a_descriptor_file_is_known_by_its_content(descriptor_set: Hdf5, tmp_path: Path) -> None:
    photo = tmp_path / "photo.h5"
    photo.write_bytes(b"\xff\xd8\xff")
    assert is_descriptor_file(descriptor_set().rename(tmp_path / "set.jpg"))
    assert not is_descriptor_file(photo)
    assert not is_descriptor_file(tmp_path)
    assert not is_descriptor_file(tmp_path / "none.h5")


def test_a_photo_is_not_a_set(tmp_path: Path) -> None:
    path = tmp_path / "set.h5"
    path.write_bytes(b"\xff\xd8\xff")
    assert faults_of(path) == ["is not HDF5; expected an HDF5 file. Write it with h5py or copytrace."]


def test_a_submission_is_not_a_set(hdf5: Hdf5) -> None:
    members = ["query", "query_ids", "reference", "reference_ids"]
    path = hdf5(**{name: np.zeros(1) for name in members})
    held = "the file contains 'query', 'query_ids', 'reference', 'reference_ids'."
    assert faults_of(path) == [
        f"has no dataset 'vectors'; {held}",
        f"has no dataset 'ids'; {held}",
        "has no attribute 'model'; expected a set written by `copytrace describe`.",
    ]


def test_an_empty_file_holds_nothing(hdf5: Hdf5) -> None:
    assert "has no dataset 'ids'; the file contains nothing." in faults_of(hdf5())


@pytest.mark.parametrize(
    ("bias", "fault"),
    [
        ([0.0, -1.0, 2.0], "'bias' is -1.0 in row 1; expected finite numbers, at least 0."),
        ([0.0, np.nan, 2.0], "'bias' is nan in row 1; expected finite numbers, at least 0."),
        ([0.0, 1.0], "'bias' has 2 values for 3 vectors; expected one each."),
        (["a", "b", "c"], "'bias' contains text; expected numbers, preferably float32."),
    ],
)
def test_an_invalid_bias_is_refused(descriptor_set: Hdf5, bias: list[float], fault: str) -> None:
    assert faults_of(descriptor_set(bias=bias)) == [fault]


def test_vectors_that_are_not_finite_are_named(descriptor_set: Hdf5) -> None:
    assert faults_of(descriptor_set(vectors=[[0.0, 1.0], [np.nan, 0.0], [0.0, 0.0]])) == [
        "'vectors': row 1 ('Q1') has nan in dimension 0; expected finite numbers."
    ]


def test_repeated_ids_and_too_few_are_named(descriptor_set: Hdf5) -> None:
    assert faults_of(descriptor_set(ids=["Q0", "Q0"])) == [
        "'ids' has 2 IDs for the 3 rows of 'vectors'; expected one per row.",
        "'ids': the ID 'Q0' appears 2 times; expected once.",
    ]


@pytest.mark.parametrize(
    ("model", "found"), [(["pdq"], r"text of the shape \(1,\)"), (1.5, r"floats of the shape \(\)")]
)
def test_the_model_is_one_text(descriptor_set: Hdf5, model: object, found: str) -> None:
    with pytest.raises(
        SubmissionError, match=f"the attribute 'model' contains {found}; expected one short text"
    ):
        read_descriptors(descriptor_set(_model=model))


def test_text_that_is_not_utf8_is_not_a_model(descriptor_set: Hdf5) -> None:
    assert "the attribute 'model' is damaged" in faults_of(descriptor_set(_model=np.bytes_(b"\xff")))[0]


def test_a_file_with_a_lock_on_it_can_be_read(descriptor_set: Hdf5) -> None:
    path = descriptor_set()
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert len(read_descriptors(path)) == 3


@pytest.mark.parametrize(
    "stored",
    [
        {"data": np.arange(6, dtype=np.float32).reshape(3, 2)},
        {"data": np.arange(6, dtype=np.float64).reshape(3, 2)},
        {"data": np.arange(6, dtype=np.float32).reshape(3, 2), "chunks": (2, 2)},
    ],
    ids=["as they are read", "as other numbers", "in chunks"],
)
def test_vectors_are_mapped_or_read_whatever_their_storage(
    descriptor_set: Hdf5, stored: dict[str, Any]
) -> None:
    path = descriptor_set(vectors=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("vectors", **stored)
    vectors = map_vectors(path)
    assert vectors.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert (vectors.dtype, type(vectors)) == (np.float32, np.ndarray)
    vectors[0] = 9
    assert read_descriptors(path).vectors[0].tolist() == [0, 1]


def test_a_file_without_vectors_cannot_be_mapped(descriptor_set: Hdf5) -> None:
    with pytest.raises(SubmissionError, match="has no dataset 'vectors'"):
        map_vectors(descriptor_set(vectors=None))
