from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from copytrace.errors import InputError
from copytrace.files import require_place, whole_file, whole_folder


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    with whole_file(tmp_path / "out.txt") as path:
        path.write_text("done")
        assert not (tmp_path / "out.txt").exists()
    assert (tmp_path / "out.txt").read_text() == "done"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "out.txt") as path:
        path.write_text("half")
        raise KeyboardInterrupt
    assert (tmp_path / "out.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_missing_folder_is_named_with_the_way_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mkdir -p"), whole_file(tmp_path / "no" / "out.txt"):
        pass


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"), whole_file(tmp_path):
        pass


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").touch()
    with whole_folder(tmp_path / "out", mark="old.txt") as path:
        (path / "new.txt").touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.txt"]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_error_leaves_the_old_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").touch()
    with pytest.raises(ValueError, match="stop"), whole_folder(tmp_path / "out", mark="old.txt") as path:
        (path / "new.txt").touch()
        raise ValueError("stop")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["old.txt"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match="is a file"), whole_folder(tmp_path / "out"):
        pass


@pytest.mark.parametrize("mark", [None, "report.txt"])
def test_a_folder_with_other_files_is_not_replaced(tmp_path: Path, mark: str | None) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    with pytest.raises(InputError, match="holds other files"), whole_folder(tmp_path / "photos", mark):
        pass
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["a.jpg"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with whole_folder(tmp_path / "out") as path:
        (path / "new.txt").touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.txt"]


def test_a_place_that_may_not_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write anywhere, so the system's answer is given here.
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path)
    with pytest.raises(InputError, match="may not be written to"):
        require_place(None, tmp_path / "matches.csv")


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space") as raised, whole_file(tmp_path / "out.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == str(tmp_path / "out.txt")
