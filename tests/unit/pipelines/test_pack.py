from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from copytrace.errors import DescriptorError, InputError
from copytrace.pipelines.pack import pack
from copytrace.records import Descriptors
from copytrace.vectors import read_descriptors, write_descriptors

if TYPE_CHECKING:
    from pathlib import Path

DIMS = 4


def write_set(path: Path, rows: int, **fields: Any) -> Path:
    vectors = np.arange(rows * DIMS, dtype=np.float32).reshape(rows, DIMS)
    ids = [f"{path.stem}{row}" for row in range(rows)]
    write_descriptors(path, Descriptors(**({"ids": ids, "vectors": vectors, "model": "pdq"} | fields)))
    return path


def test_a_bias_is_packed_as_one_more_dimension(tmp_path: Path) -> None:
    queries = write_set(tmp_path / "q.h5", 2, bias=np.array([4, 9], np.float32))
    references = write_set(tmp_path / "r.h5", 3, bias=np.array([1, 2, 3], np.float32))
    report = pack(queries, references, tmp_path / "submission.h5")
    assert report.valid
    assert report.facts == {"queries": 2, "references": 3, "dimensions": DIMS + 1}
    with h5py.File(tmp_path / "submission.h5") as file:
        assert file["query"][:, DIMS].tolist() == [2, 3]
        assert file["reference"][:, DIMS].tolist() == [0, 0, 0]


def test_references_may_be_frozen_as_a_set_or_as_a_submission(tmp_path: Path) -> None:
    queries = write_set(tmp_path / "q.h5", 2)
    references = write_set(tmp_path / "r.h5", 3)
    submission = tmp_path / "submission.h5"
    pack(queries, references, submission)
    digests = {
        pack(queries, None, tmp_path / "phase2.h5", frozen=frozen, replace=True).facts["reference_sha256"]
        for frozen in (references, submission)
    }
    assert len(digests) == 1


def test_a_folder_of_sets_is_packed_and_frozen_as_the_set_it_was_cut_from(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    queries = write_set(tmp_path / "q.h5", 2)
    references = write_set(tmp_path / "r.h5", 3)
    whole = read_descriptors(references)
    for name, rows in (("0.h5", slice(2)), ("1.h5", slice(2, 3))):
        part = replace(whole, ids=whole.ids[rows], vectors=whole.vectors[rows])
        write_descriptors(tmp_path / "shards" / name, part)

    pack(queries, references, tmp_path / "one.h5")
    pack(queries, tmp_path / "shards", tmp_path / "cut.h5")
    frozen = pack(queries, None, tmp_path / "frozen.h5", frozen=tmp_path / "shards")

    with h5py.File(tmp_path / "one.h5") as one, h5py.File(tmp_path / "cut.h5") as cut:
        assert one["reference"][:].tolist() == cut["reference"][:].tolist()
        assert one["reference_ids"][:].tolist() == cut["reference_ids"][:].tolist()
    expected = pack(queries, None, tmp_path / "frozen.h5", frozen=references, replace=True)
    assert frozen.facts["reference_sha256"] == expected.facts["reference_sha256"]


@pytest.mark.parametrize("phase", [1, 2])
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": "gist"}, "the model differs: 'gist' for the queries, 'pdq' for the references"),
        ({"model_sha256": "1"}, "the model's digest .* differs: '1' for the queries, '' for the references"),
        ({"vectors": np.zeros((2, 3), np.float32)}, "the number of dimensions differs: 3 for the queries, 4"),
        ({"bias": np.zeros(2, np.float32)}, "whether there is a bias differs: True for the queries, False"),
    ],
    ids=["model", "digest", "dims", "bias"],
)
def test_incompatible_sets_are_refused(
    tmp_path: Path, fields: dict[str, Any], message: str, phase: int
) -> None:
    queries = write_set(tmp_path / "q.h5", 2, **fields)
    references = write_set(tmp_path / "r.h5", 3)
    output = tmp_path / "submission.h5"
    with pytest.raises(DescriptorError, match=message):
        pack(queries, references if phase == 1 else None, output, frozen=references if phase == 2 else None)
    assert not output.exists()


def test_queries_of_other_dims_than_the_frozen_submission_are_refused(tmp_path: Path) -> None:
    references = write_set(tmp_path / "r.h5", 3)
    frozen = tmp_path / "phase1.h5"
    pack(write_set(tmp_path / "q.h5", 2), references, frozen)
    others = write_set(tmp_path / "other.h5", 2, vectors=np.zeros((2, 3), np.float32))
    with pytest.raises(
        DescriptorError, match=r"other\.h5: has 3 dims, .* frozen references in .*phase1\.h5 have 4"
    ):
        pack(others, None, tmp_path / "phase2.h5", frozen=frozen)


def test_either_references_or_frozen_ones_are_required(tmp_path: Path) -> None:
    queries = write_set(tmp_path / "q.h5", 2)
    with pytest.raises(InputError, match="pack needs two inputs"):
        pack(queries, None, tmp_path / "submission.h5")
    with pytest.raises(InputError, match="pack needs two inputs"):
        pack(queries, queries, tmp_path / "submission.h5", frozen=queries)
