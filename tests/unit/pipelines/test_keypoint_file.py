from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from copytrace.errors import CopytraceError, InputError
from copytrace.pipelines.keypoint_file import open_keypoints

if TYPE_CHECKING:
    from pathlib import Path

A, B = "a" * 64, "b" * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with the features of A."""
    path = tmp_path / "set?#1.h5.keypoints"
    with open_keypoints(path, "sift/1") as keypoints:
        keypoints.write([(A, b"features of a")])
    return path


def test_features_are_found_again_by_digest(path: Path) -> None:
    with open_keypoints(path, "sift/1") as keypoints:
        assert (keypoints.has(A), keypoints.read(A)) == (True, b"features of a")
        assert (keypoints.has(B), keypoints.read(B)) == (False, None)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_features_in_another_layout_do_not_count_and_can_stand_beside(path: Path) -> None:
    with open_keypoints(path, "sift/2") as keypoints:
        assert not keypoints.has(A)
        keypoints.write([(A, b"new")])
        assert keypoints.read(A) == b"new"
    with open_keypoints(path, "sift/1") as keypoints:
        assert keypoints.read(A) == b"features of a"


def test_features_that_are_no_longer_needed_are_dropped(path: Path) -> None:
    with open_keypoints(path, "sift/2") as keypoints:
        keypoints.write([(A, b"a"), (B, b"b")])
        keypoints.keep_only([B, B])
        assert [keypoints.has(digest) for digest in (A, B)] == [False, True]
    with open_keypoints(path, "sift/1") as keypoints:
        assert not keypoints.has(A)


def test_without_a_path_features_last_as_long_as_the_block(tmp_path: Path) -> None:
    with open_keypoints(None, "sift/1") as keypoints:
        keypoints.write([(A, b"a")])
        assert keypoints.read(A) == b"a"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_may_not_be_written_is_read_and_added_to_for_the_time_being(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(
        os, "access", lambda *_: False
    )  # The tests may run as root, which may write anywhere.
    with open_keypoints(path, "sift/1") as keypoints:
        keypoints.write([(B, b"b")])
        assert [keypoints.read(digest) for digest in (A, B)] == [b"features of a", b"b"]
    assert path.read_bytes() == before
    with open_keypoints(path.with_name("missing"), "sift/1") as keypoints:
        keypoints.write([(B, b"b")])
        assert keypoints.has(B)
    assert not path.with_name("missing").exists()


def _foreign(path: Path) -> None:
    path.unlink()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no database " * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:2000]),
        _foreign,
    ],
    ids=["other content", "cut off", "another database"],
)
def test_a_damaged_or_foreign_file_is_refused_with_a_remedy(path: Path, spoil: object) -> None:
    spoil(path)  # type: ignore[operator]
    with (
        pytest.raises(InputError, match=r"is damaged, or not a file of keypoints\. Delete it"),
        open_keypoints(path, "sift/1") as keypoints,
    ):
        keypoints.read(A)


def test_another_database_error_names_the_file(path: Path) -> None:
    with open_keypoints(path, "sift/1") as keypoints:
        path.write_bytes(b"")
        with pytest.raises(CopytraceError, match=r"set\?#1\.h5\.keypoints: "):
            keypoints.write([(A, bytes(10_000))])
