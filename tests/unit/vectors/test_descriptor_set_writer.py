from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrace.errors import DescriptorError, InputError
from copytrace.records import Descriptors
from copytrace.vectors import DescriptorSetWriter, read_descriptors, write_descriptors

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.records import Float32Array

ROWS = 2500
IDS = [f"R{row:06}" for row in range(ROWS)]
PATHS = [f"{row % 7}/{image_id}.jpg" for row, image_id in enumerate(IDS)]
DIGESTS = [f"{row:064x}" for row in range(ROWS)]
VECTORS = np.arange(ROWS * 3, dtype=np.float32).reshape(ROWS, 3)
BIAS = np.arange(ROWS, dtype=np.float32)


def stored(path: Path) -> dict[str, tuple[object, ...]]:
    """All properties of the datasets in a file."""
    with h5py.File(path) as file:
        return {
            name: (dataset.shape, dataset.dtype, dataset.chunks, dataset[:].tolist(), dict(file.attrs))
            for name, dataset in file.items()
        }


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, ROWS), max_size=6))
def test_the_file_is_the_same_however_the_rows_are_divided(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("sets")
    whole = Descriptors(
        IDS, VECTORS, "pdq", "00", "1", BIAS, source="/photos", paths=PATHS, content_sha256=DIGESTS
    )
    write_descriptors(folder / "whole.h5", whole)
    with DescriptorSetWriter(
        folder / "parts.h5", model="pdq", model_sha256="00", copytrace_version="1", source="/photos"
    ) as writer:
        bounds = [0, *sorted(cuts), ROWS]
        for start, stop in itertools.pairwise(bounds):
            rows = slice(start, stop)
            writer.append(
                IDS[rows], VECTORS[rows], BIAS[rows], paths=PATHS[rows], content_sha256=DIGESTS[rows]
            )
    assert stored(folder / "parts.h5") == stored(folder / "whole.h5")
    found = read_descriptors(folder / "parts.h5")
    assert (found.ids, found.paths, found.content_sha256, found.source) == (IDS, PATHS, DIGESTS, "/photos")


def test_rows_whose_number_is_known_are_stored_in_one_piece(tmp_path: Path) -> None:
    with DescriptorSetWriter(tmp_path / "set.h5", model="pdq", rows=5) as writer:
        writer.append(IDS[:3], VECTORS[:3], BIAS[:3])
        writer.append(IDS[3:5], VECTORS[3:5], BIAS[3:5])
    descriptors = read_descriptors(tmp_path / "set.h5")
    assert descriptors.vectors.tolist() == VECTORS[:5].tolist()
    with h5py.File(tmp_path / "set.h5") as file:
        assert (file["vectors"].chunks, file["bias"].chunks) == (None, None)


def test_a_set_must_have_the_expected_number_of_rows(tmp_path: Path) -> None:
    with (
        pytest.raises(DescriptorError, match=r"set\.h5: not written: got 2 vectors, expected 5"),
        DescriptorSetWriter(tmp_path / "set.h5", model="pdq", rows=5) as writer,
    ):
        writer.append(IDS[:2], VECTORS[:2])
        with pytest.raises(DescriptorError, match="expected 5 rows in total"):
            writer.append(IDS[2:6], VECTORS[2:6])
    assert list(tmp_path.iterdir()) == []


def test_a_set_without_a_bias_has_no_such_dataset(tmp_path: Path) -> None:
    write_descriptors(tmp_path / "set.h5", Descriptors(["a"], np.zeros((1, 256), np.float32), "pdq"))
    assert set(stored(tmp_path / "set.h5")) == {"ids", "vectors"}
    assert read_descriptors(tmp_path / "set.h5").bias is None


def test_other_numbers_become_float32(tmp_path: Path) -> None:
    with DescriptorSetWriter(tmp_path / "set.h5", model="pdq") as writer:
        writer.append(["a"], np.array([[1, 2]], np.uint8))  # type: ignore[arg-type]
    assert read_descriptors(tmp_path / "set.h5").vectors.dtype == np.float32


def test_an_error_leaves_an_older_file_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "set.h5"
    path.write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt), DescriptorSetWriter(path, model="pdq") as writer:
        writer.append(["a"], np.zeros((1, 2), np.float32))
        raise KeyboardInterrupt
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_set_without_vectors_is_not_written(tmp_path: Path) -> None:
    with (
        pytest.raises(DescriptorError, match="not written, because there are no vectors"),
        DescriptorSetWriter(tmp_path / "set.h5", model="pdq") as writer,
    ):
        writer.append([], np.zeros((0, 2), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"the folder .*/none does not exist"),
        DescriptorSetWriter(tmp_path / "none" / "set.h5", model="pdq"),
    ):
        pass


@pytest.mark.parametrize(
    ("ids", "vectors", "bias", "message"),
    [
        (["a"], np.zeros((2, 2)), None, r"the vectors are \(2, 2\); expected \(1, 1 to 256\) for 1 IDs"),
        (["a"], np.zeros(2), None, r"the vectors are \(2,\); expected \(1, 1 to 256\)"),
        (["a"], np.zeros((1, 0)), None, r"the vectors are \(1, 0\); expected \(1, 1 to 256\)"),
        (["a"], np.zeros((1, 257)), None, r"the vectors are \(1, 257\); expected \(1, 1 to 256\)"),
        (["a"], np.zeros((1, 256)), np.zeros(1), r"the vectors are \(1, 256\); expected \(1, 1 to 255\)"),
        (["a"], np.zeros((1, 2)), np.zeros(2), r"the bias is \(2,\); expected \(1,\)"),
        (["a"], np.zeros((1, 2)), np.array([-1.0]), "a bias is negative or not finite"),
        (["a"], np.zeros((1, 2)), np.array([np.inf]), "a bias is negative or not finite"),
        (["a"], np.array([[0, np.nan]]), None, "the vector of 'a' has nan in dimension 1"),
        (["a\n"], np.zeros((1, 2)), None, r"the ID 'a\\n' has a line break or NUL"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(
    tmp_path: Path, ids: list[str], vectors: Float32Array, bias: Float32Array | None, message: str
) -> None:
    with DescriptorSetWriter(tmp_path / "set.h5", model="pdq") as writer:
        with pytest.raises(DescriptorError, match=message):
            writer.append(ids, vectors, bias)
        writer.append(["b"], np.ones((1, 2), np.float32))
    assert read_descriptors(tmp_path / "set.h5").ids == ["b"]


def test_rows_that_do_not_fit_those_before_are_refused(tmp_path: Path) -> None:
    with DescriptorSetWriter(tmp_path / "set.h5", model="pdq") as writer:
        writer.append(["a"], np.zeros((1, 2), np.float32))
        with pytest.raises(DescriptorError, match="the vectors have 3 dimensions after 2 before"):
            writer.append(["b"], np.zeros((1, 3), np.float32))
        with pytest.raises(DescriptorError, match="there is a bias in some appends and none in others"):
            writer.append(["b"], np.zeros((1, 2), np.float32), np.zeros(1, np.float32))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"paths": []}, "there are 0 paths for 1 IDs; expected one each"),
        ({"paths": [""]}, "the path '' of 'b' is empty"),
        ({"paths": ["b\0"]}, r"the path 'b\\x00' of 'b' has a line break or NUL"),
        ({}, "some appends have paths and others do not; expected all or none"),
    ],
)
def test_locations_of_images_are_recorded_correctly_or_not_at_all(
    tmp_path: Path, more: dict[str, list[str]], message: str
) -> None:
    with DescriptorSetWriter(tmp_path / "set.h5", model="pdq") as writer:
        writer.append(["a"], np.zeros((1, 2), np.float32), paths=["new\nyear/a.jpg"])
        with pytest.raises(DescriptorError, match=message):
            writer.append(["b"], np.zeros((1, 2), np.float32), **more)  # type: ignore[arg-type]
    assert read_descriptors(tmp_path / "set.h5").paths == ["new\nyear/a.jpg"]


def test_a_digest_is_64_lower_case_digits(tmp_path: Path) -> None:
    with DescriptorSetWriter(tmp_path / "set.h5", model="pdq") as writer:
        with pytest.raises(DescriptorError, match="of 'a' is not a SHA-256"):
            writer.append(["a"], np.zeros((1, 2), np.float32), content_sha256=["AB" * 32])
        writer.append(["a"], np.zeros((1, 2), np.float32), content_sha256=["ab" * 32])


def test_a_set_in_memory_is_judged_as_a_whole(tmp_path: Path) -> None:
    good = Descriptors(["a", "b"], np.zeros((2, 2), np.float32), "pdq")
    with pytest.raises(DescriptorError, match="got 3 IDs and 2 vectors; expected one ID per vector"):
        write_descriptors(tmp_path / "set.h5", replace(good, ids=["a", "b", "c"]))
    with pytest.raises(DescriptorError, match="the ID 'a' appears 2 times"):
        write_descriptors(tmp_path / "set.h5", replace(good, ids=["a", "a"]))
    assert list(tmp_path.iterdir()) == []


WRITE_MANY = """
import resource, sys
from pathlib import Path
import numpy as np
from copytrace.vectors import DescriptorSetWriter

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

block = np.ones((1000, 256), np.float32)
with DescriptorSetWriter(Path(sys.argv[1]), model="pdq") as writer:
    for number in range(150):
        if number == 30:
            early = peak()
        writer.append([f"R{number}-{row}" for row in range(1000)], block)
print(peak() - early)
"""


def test_memory_does_not_grow_with_the_number_of_vectors(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", WRITE_MANY, tmp_path / "set.h5"], capture_output=True, text=True, check=True
    )
    # Between 30 MB and 150 MB of vectors.
    assert int(child.stdout) < 20
