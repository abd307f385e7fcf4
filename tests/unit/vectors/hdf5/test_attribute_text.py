from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5 import attribute_text as module
from copytrace.vectors.hdf5 import open_hdf5, open_texts, read_attribute, read_ids

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, name: str) -> tuple[str | None, list[str]]:
    faults = Faults("f")
    with open_hdf5(path) as file:
        text = read_attribute(file, name, faults)
    return text, [fault.removeprefix("f: ") for fault in faults.sentences()]


@pytest.mark.parametrize("version", ["earliest", "v108", "v110", "latest"])
@pytest.mark.parametrize("others", [0, 20], ids=["few", "many"])
def test_text_is_read_from_every_version_of_the_format(tmp_path: Path, version: str, others: int) -> None:
    path = tmp_path / "file.h5"
    with h5py.File(path, "w", libver=version) as file:
        file["texts"] = ["model", "models"]  # The name alone does not make an attribute.
        file.attrs["models"] = "another"
        for number in range(others):
            file.attrs[f"other{number}"] = "text" * number
        file.attrs["model"] = "gïst"
        file.attrs["nothing"] = ""
        file.attrs.create("ascii", "pdq", dtype=h5py.string_dtype("ascii"))
        file.attrs["fixed"] = np.bytes_(b"pdq")
        file.attrs["number"] = 1
    assert read(path, "model") == ("gïst", [])
    assert read(path, "nothing") == ("", [])
    assert read(path, "ascii") == ("pdq", [])
    assert read(path, "fixed") == ("pdq", [])
    assert read(path, "absent") == (None, [])
    assert read(path, "number") == (
        None,
        ["the attribute 'number' contains integers of the shape (); expected one short text."],
    )


def test_a_name_is_found_though_a_block_ends_within_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model"] = "pdq"
    for size in (64, 65, 66, 67, 68, 69, 70, 71):
        monkeypatch.setattr(module, "_BLOCK_BYTES", size)
        assert read(path, "model") == ("pdq", [])


def test_an_attribute_of_a_shared_type_is_not_looked_for_further(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as file:
        file["type"] = h5py.string_dtype()
        file.attrs.create("model", "pdq", dtype=file["type"])
    text, (fault,) = read(path, "model")
    assert text is None
    assert fault == (
        "the attribute 'model' is damaged: it is not where attributes are stored; write it as text of fixed"
        " length. Write or copy the file again."
    )


def test_a_name_at_the_ends_of_the_file_is_no_attribute(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(b"model\0" + b"\3\0\6\0\10\0\4\0\0model\0" + b"\x19")
    with path.open("rb") as file, pytest.raises(ValueError, match="is not where attributes are stored"):
        module.attribute_text(file.fileno(), "model", base=0)


def test_texts_behind_a_user_block_are_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "file.h5", "w", userblock_size=512) as file:
        file.attrs["model"] = "pdq"
        file["ids"] = ["Q0", "Übung"]
    with h5py.File(tmp_path / "file.h5") as file:
        faults = Faults("f")
        ids = open_texts(file, "ids", faults)
        assert ids is not None
        assert (read_attribute(file, "model", faults), read_ids(ids, faults)) == ("pdq", ["Q0", "Übung"])
