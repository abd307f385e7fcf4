from __future__ import annotations

import os
import pickle
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from copytrace.errors import ImageError
from copytrace.images import ImageFile, load_image

if TYPE_CHECKING:
    from collections.abc import Callable


def _file(path: Path) -> ImageFile:
    return ImageFile(id=path.stem, path=str(path), relative=path.name)


def _reason(file: ImageFile, **options: int) -> str:
    with pytest.raises(ImageError) as caught:
        file.read_bytes(**options)
    assert caught.value.name == file.name
    return caught.value.reason


def test_a_file_gives_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")

    assert _file(tmp_path / "a.jpg").read_bytes() == b"12345"


def test_a_tar_member_gives_its_own_bytes(tmp_path: Path) -> None:
    (tmp_path / "shard.tar").write_bytes(b"0123456789")

    member = ImageFile("a", str(tmp_path / "shard.tar"), "2020/a.jpg", offset=3, size=4)

    assert member.read_bytes() == b"3456"
    assert member.name == f"{tmp_path}/shard.tar:2020/a.jpg"


def test_a_tar_file_that_was_cut_since_is_reported(tmp_path: Path) -> None:
    (tmp_path / "shard.tar").write_bytes(b"0123456789")

    member = ImageFile("a", str(tmp_path / "shard.tar"), "a.jpg", offset=8, size=4)

    assert _reason(member) == "the tar file ends 2 bytes too early"


def test_a_vanished_file_is_reported(tmp_path: Path) -> None:
    assert _reason(_file(tmp_path / "gone.jpg")) == "no such file or directory"


def test_an_unreadable_file_is_reported(forbidden: Path) -> None:
    assert _reason(_file(forbidden / "closed.jpg")) == "permission denied"


def test_a_folder_named_like_an_image_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").mkdir()

    assert _reason(_file(tmp_path / "x.jpg")) == "is a directory"


def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")

    assert _reason(_file(tmp_path / "x.jpg")) == "is a pipe, socket or device, not a file"


def test_a_socket_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The address of a socket has a length limit, so it is given relative to the folder.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("x.jpg")

        assert _reason(_file(Path("x.jpg"))) == "no such device or address"


def test_a_device_is_reported() -> None:
    assert _reason(_file(Path("/dev/zero"))) == "is a pipe, socket or device, not a file"


def test_a_circular_link_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("b.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")

    assert _reason(_file(tmp_path / "a.jpg")) == "too many levels of symbolic links"


def test_a_name_with_a_zero_byte_is_reported() -> None:
    assert _reason(_file(Path("a\0.jpg"))) == "embedded null byte"


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as file:
        file.truncate(5 << 30)

    assert _reason(_file(tmp_path / "a.jpg")) == "has 5,368,709,120 bytes; the limit is 1,073,741,824"


def test_the_limit_of_bytes_can_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")

    assert _file(tmp_path / "a.jpg").read_bytes(max_bytes=5) == b"12345"
    assert _reason(_file(tmp_path / "a.jpg"), max_bytes=4) == "has 5 bytes; the limit is 4"


def test_the_limit_of_bytes_holds_for_tar_members(tmp_path: Path) -> None:
    (tmp_path / "shard.tar").write_bytes(b"0123456789")
    member = ImageFile("a", str(tmp_path / "shard.tar"), "a.jpg", offset=0, size=5)

    assert member.read_bytes(max_bytes=5) == b"01234"
    assert _reason(member, max_bytes=4) == "has 5 bytes; the limit is 4"


def test_a_name_that_is_not_utf_8_can_still_be_printed() -> None:
    assert ImageFile("a", os.fsdecode(b"caf\xe9.jpg"), "a").name == "caf\\xe9.jpg"


def test_the_fingerprint_is_path_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"12345")
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))

    assert _file(path).fingerprint() == "a.jpg:5:1700000000123456789"


def test_the_fingerprint_of_a_tar_member_has_its_size_and_the_time_of_the_tar_file(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    path.write_bytes(b"0123456789")
    os.utime(path, ns=(0, 42))

    assert ImageFile("a", str(path), "2020/a.jpg", offset=3, size=4).fingerprint() == "2020/a.jpg:4:42"


def test_the_fingerprint_of_a_vanished_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file or directory"):
        _file(tmp_path / "gone.jpg").fingerprint()


def test_it_travels_to_a_worker_as_a_few_bytes() -> None:
    file = ImageFile("R000001", "references/R000001.jpg", "R000001.jpg")

    packed = pickle.dumps(file)

    assert len(packed) < 200
    assert pickle.loads(packed) == file


def test_load_image_reads_and_decodes(photo: Callable[[str], Path]) -> None:
    file = _file(photo("a.jpg"))

    assert load_image(file).size == (48, 32)
    assert load_image(file, smallest_side=16).size == (24, 16)


def test_load_image_names_the_image_in_its_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"Hello")

    with pytest.raises(ImageError, match=r"/a\.jpg: not an image \(starts with text: 'Hello'\)$"):
        load_image(_file(tmp_path / "a.jpg"))
