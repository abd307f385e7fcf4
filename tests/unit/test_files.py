from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from copytrace.errors import InputError
from copytrace.files import (
    check_distinct,
    check_output,
    check_output_folder,
    lock,
    whole_file,
    whole_folder,
)


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


def test_two_outputs_may_go_to_one_stream() -> None:
    check_distinct(Path("/dev/null"), Path("/dev/null"), None)


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").touch()
    with whole_folder(tmp_path / "out", mark="old.txt") as path:
        (path / "new.txt").touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.txt"]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_interrupt_while_the_old_folder_is_removed_leaves_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").touch()
    real, interrupted = shutil.rmtree, []

    def interrupt(folder: Path, **options: bool) -> None:
        if not interrupted:
            interrupted.append(folder)
            raise KeyboardInterrupt
        real(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt), whole_folder(tmp_path / "out", mark="old.txt") as path:
        (path / "new.txt").touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.txt"]


def test_a_folder_is_not_put_in_the_place_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").symlink_to("elsewhere")
    with pytest.raises(InputError, match="is a link to elsewhere"), whole_folder(tmp_path / "out"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "out"]


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
    with pytest.raises(InputError, match="contains other files"), whole_folder(tmp_path / "photos", mark):
        pass
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["a.jpg"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with whole_folder(tmp_path / "out") as path:
        (path / "new.txt").touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.txt"]


def test_an_unwritable_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere, so the system's answer is given here.
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path)
    with pytest.raises(InputError, match="is not writable"):
        check_output(None, tmp_path / "matches.csv")


def test_a_full_disk_is_reported_with_the_name_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space") as raised, whole_file(tmp_path / "out.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == str(tmp_path / "out.txt")


def test_an_existing_output_is_replaced_only_if_asked(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("old")
    with pytest.raises(InputError, match=r"out.txt: already exists. To replace it, add --replace"):
        check_output(tmp_path / "out.txt")
    check_output(tmp_path / "out.txt", replace=True)


def test_an_output_is_never_an_input_under_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "in.txt").touch()
    (tmp_path / "hard.txt").hardlink_to(tmp_path / "in.txt")
    inputs = [None, "s3://bucket/in.txt", str(tmp_path / "in.txt")]
    for output in ("in.txt", "hard.txt"):
        with pytest.raises(InputError, match="is both an input and the output"):
            check_output(tmp_path / output, replace=True, inputs=inputs)
    check_output(tmp_path / "other.txt", inputs=inputs)


@pytest.mark.parametrize("replace", [False, True])
def test_a_link_is_never_an_output(tmp_path: Path, replace: bool) -> None:  # noqa: FBT001 - a case
    for name in ("there", "not-there"):
        (tmp_path / name).symlink_to(tmp_path / f"{name}.txt")
    (tmp_path / "there.txt").write_text("old")
    for name in ("there", "not-there"):
        with pytest.raises(InputError, match=rf"is a link to .*{name}\.txt"):
            check_output(tmp_path / name, replace=replace)


def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    check_output(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    with whole_file(pipe) as path:
        path.write_text("done")
    assert reader.communicate()[0] == b"done"
    assert pipe.is_fifo()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_character_device_is_written_to() -> None:
    check_output(Path("/dev/null"))
    with whole_file(Path("/dev/null")) as path:
        path.write_text("done")
    assert Path("/dev/null").is_char_device()


def test_standard_output_keeps_its_position(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from copytrace.files import check_output, whole_file\n"
        "print('before', flush=True); check_output(Path('/dev/stdout'))\n"
        "with whole_file(Path('/dev/stdout')) as path: path.write_text('done')"
    )
    with (tmp_path / "out.txt").open("wb") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
    assert (tmp_path / "out.txt").read_text() == "before\ndone"


def test_a_socket_is_not_an_output(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        with pytest.raises(InputError, match="is a device or a socket"):
            check_output(tmp_path / "socket", replace=True)


def test_an_earlier_output_folder_is_replaced_only_if_asked(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.mkdir()
    check_output_folder(report, "mark")
    (report / "mark").touch()
    with pytest.raises(InputError, match="already holds an earlier output"):
        check_output_folder(report, "mark")
    check_output_folder(report, "mark", replace=True, inputs=[tmp_path, None])


def test_an_output_folder_that_holds_an_input_is_never_replaced(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.mkdir()
    (report / "mark").touch()
    (report / "truth.csv").touch()
    with pytest.raises(InputError, match=r"contains the input .*truth\.csv"):
        check_output_folder(report, "mark", replace=True, inputs=[report / "truth.csv"])


def test_content_and_name_reach_the_disk_before_a_file_counts_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A power failure cannot be tested; the order of the calls can.
    calls = []
    sync, rename = os.fsync, Path.replace
    monkeypatch.setattr(
        os, "fsync", lambda fd: calls.append(Path(f"/proc/self/fd/{fd}").readlink()) or sync(fd)
    )
    monkeypatch.setattr(Path, "replace", lambda self, to: calls.append("rename") or rename(self, to))
    with whole_file(tmp_path / "out.txt") as path:
        path.write_text("done")
    assert calls == [path, "rename", tmp_path]
    calls.clear()
    with whole_folder(tmp_path / "out") as folder:
        (folder / "inside.txt").touch()
    assert calls == [folder / "inside.txt", folder, "rename", tmp_path]


def test_a_lock_in_a_folder_that_its_holder_has_just_removed_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, flock = tmp_path / "parts", fcntl.flock

    def remove_then_lock(descriptor: int, how: int) -> None:
        if not (tmp_path / "removed").exists():
            folder.rename(tmp_path / "removed")
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", remove_then_lock)
    with lock(folder, tmp_path / "set"):
        assert (folder / ".lock").exists()


def test_a_folder_that_is_a_link_is_not_locked_and_nothing_is_written_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "set.h5.parts").symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(InputError, match=r"set\.h5\.parts: is a link to"),
        lock(tmp_path / "set.h5.parts", tmp_path / "set.h5"),
    ):
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_system_without_locks_is_used_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with lock(tmp_path / "parts", tmp_path / "set"):
        assert (tmp_path / "parts").is_dir()
