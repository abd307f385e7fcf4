from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import pytest

from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5 import StoredTexts, open_hdf5, open_texts
from copytrace.vectors.text_column import TextColumn

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, texts: list[str]) -> None:
    with h5py.File(path, "w") as file, TextColumn(path.parent) as column:
        for text in texts:
            column.append([text])
        column.write(file, "ids")


@pytest.mark.parametrize(
    ("texts", "width"),
    [
        (["a", "Übung", "c d\ne"], 6),
        # Padded, 100 texts of one character would take 4,000 bytes each.
        ([*"ab" * 50, "c" * 4000], None),
    ],
    ids=["fixed width", "variable length"],
)
def test_texts_are_as_wide_as_the_longest_unless_that_is_mostly_padding(
    tmp_path: Path, texts: list[str], width: int | None
) -> None:
    write(tmp_path / "file.h5", texts)
    with h5py.File(tmp_path / "file.h5") as file:
        assert h5py.check_string_dtype(file["ids"].dtype).length == width
        assert file["ids"].asstr()[:].tolist() == texts


def test_texts_are_read_one_by_one_or_by_slices(tmp_path: Path) -> None:
    texts = ["a", "Übung", "c", "d" * 40]
    write(tmp_path / "file.h5", texts)
    with open_hdf5(tmp_path / "file.h5") as file:
        stored = open_texts(file, "ids", Faults("f"))
        assert stored is not None
        for found in (StoredTexts(stored), StoredTexts(stored, stored[:])):
            assert found == texts
            assert (len(found), found[1], found[-1], found[1:3]) == (4, "Übung", "d" * 40, ["Übung", "c"])
            assert (found[::2], repr(found), "c" in found) == (["a", "c"], repr(texts), True)
            with pytest.raises(IndexError):
                found[4]
    assert list(tmp_path.iterdir()) == [tmp_path / "file.h5"]
