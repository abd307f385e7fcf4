from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.errors import SubmissionError
from copytrace.records import Descriptors
from copytrace.vectors import (
    chunk_rows,
    is_descriptor_set,
    open_descriptors,
    read_descriptors,
    write_descriptors,
)

if TYPE_CHECKING:
    from pathlib import Path

FIVE = Descriptors(
    ids=["a", "b", "c", "d", "e"],
    vectors=np.arange(10, dtype=np.float32).reshape(5, 2),
    model="gist",
    bias=np.arange(5, dtype=np.float32),
    source="/photos",
    paths=["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"],
    content_sha256=[letter * 64 for letter in "abcde"],
)


def rows(start: int, stop: int, **changes: Any) -> Descriptors:
    """Some of the five images, as a separate set."""
    assert FIVE.bias is not None
    assert FIVE.paths is not None
    assert FIVE.content_sha256 is not None
    part = slice(start, stop)
    cut = replace(
        FIVE,
        ids=FIVE.ids[part],
        vectors=FIVE.vectors[part],
        bias=FIVE.bias[part],
        paths=FIVE.paths[part],
        content_sha256=FIVE.content_sha256[part],
    )
    return replace(cut, **changes)


def folder_of(folder: Path, *sets: Descriptors) -> Path:
    for number, each in enumerate(sets):
        write_descriptors(folder / f"{number:03}.h5", each)
    return folder


def fault_of(folder: Path) -> str:
    with pytest.raises(SubmissionError) as raised:
        read_descriptors(folder)
    return str(raised.value).removeprefix(f"{folder}: ")


def test_a_folder_of_sets_reads_as_the_one_set_it_was_cut_from(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rows(0, 2), rows(2, 3), rows(3, 5))
    whole = read_descriptors(folder)
    assert whole.ids == FIVE.ids
    assert whole.vectors.tolist() == FIVE.vectors.tolist()
    assert whole.bias is not None
    assert whole.bias.tolist() == [0, 1, 2, 3, 4]
    assert (whole.model, whole.source) == ("gist", "/photos")
    assert (whole.paths, whole.content_sha256) == (FIVE.paths, FIVE.content_sha256)


def test_rows_and_ids_are_read_across_the_members(tmp_path: Path) -> None:
    with open_descriptors(folder_of(tmp_path, rows(0, 2), rows(2, 5))) as stored:
        assert len(stored) == len(stored.vectors) == len(stored.ids) == 5  # type: ignore[arg-type]
        assert stored.vectors[1:4].tolist() == [[2, 3], [4, 5], [6, 7]]
        assert stored.vectors[4:2].shape == stored.vectors[9:].shape == (0, 2)
        assert (stored.ids[0], stored.ids[2], stored.ids[-1]) == ("a", "c", "e")
        assert stored.ids[1:4] == ["b", "c", "d"]
        assert stored.ids[::-2] == ["e", "c", "a"]
        assert list(stored.ids) == stored.ids == FIVE.ids
        assert stored.ids != 5
        assert chunk_rows(stored.vectors) == 1024
        with pytest.raises(IndexError):
            stored.ids[5]


def test_a_fact_that_some_members_lack_is_unknown_for_the_whole(tmp_path: Path) -> None:
    with open_descriptors(folder_of(tmp_path, rows(0, 2, paths=None, source="/a"), rows(2, 5))) as stored:
        assert stored.paths is None
        assert stored.source == ""
        assert stored.content_sha256 == FIVE.content_sha256


def test_sets_without_a_bias_have_none_together(tmp_path: Path) -> None:
    assert read_descriptors(folder_of(tmp_path, rows(0, 2, bias=None), rows(2, 5, bias=None))).bias is None


def test_sets_of_two_models_are_incompatible(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rows(0, 2), rows(2, 5, model="pdq"))
    assert fault_of(folder) == (
        "its sets do not belong together: model is 'gist' in 000.h5 and 'pdq' in 001.h5. Describe all of them with "
        "one model: copytrace describe"
    )


def test_an_id_in_two_sets_is_named(tmp_path: Path) -> None:
    assert fault_of(folder_of(tmp_path, rows(0, 3), rows(2, 5))) == (
        "the ID 'c' is in 2 of its sets; IDs must be unique."
    )


def test_ids_of_any_length_are_compared_too(tmp_path: Path) -> None:
    long = "l" * 999
    folder = folder_of(tmp_path, rows(0, 3, ids=["a", "b", long]), rows(3, 5, ids=["d", long]))
    assert fault_of(folder).startswith("the ID 'lllll")


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rows(0, 2))
    (folder / "001.h5").write_bytes(b"nothing")
    with pytest.raises(SubmissionError, match=r"001\.h5: is not HDF5"):
        read_descriptors(folder)


def test_only_a_folder_of_nothing_but_sets_is_a_set(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rows(0, 2))
    (folder / ".hidden").touch()
    assert is_descriptor_set(folder)
    assert is_descriptor_set(folder / "000.h5")
    (folder / "photo.jpg").touch()
    assert not is_descriptor_set(folder)
    (tmp_path / "empty").mkdir()
    assert not is_descriptor_set(tmp_path / "empty")


def test_another_folder_is_refused_as_a_set(tmp_path: Path) -> None:
    assert fault_of(tmp_path).startswith("is a folder; expected a file")
