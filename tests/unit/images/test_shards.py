from __future__ import annotations

import bz2
import gc
import gzip
import lzma
import os
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from copytrace.errors import InputError, SourceError
from copytrace.images import list_images
from copytrace.images.shards import expand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copytrace.images import IdScheme

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".TGZ": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
}


def _tar(**members: bytes) -> bytes:
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(data)
            archive.addfile(member, BytesIO(data))
    return file.getvalue()


@pytest.mark.parametrize("ending", COMPRESS)
def test_a_shard_is_read_however_it_is_compressed(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"shard{ending}"
    path.write_bytes(COMPRESS[ending](_tar(b_jpg=b"second", b_json=b"{}", a_jpg=b"first")))
    images = list_images(path)
    assert images.ids == ["a", "b"]
    assert [image.read_bytes() for image in images] == [b"first", b"second"]
    assert images[0].name == f"{path}:a.jpg"


def test_shards_are_one_collection_in_the_order_of_its_ids(tmp_path: Path) -> None:
    (tmp_path / "train-09.tar").write_bytes(_tar(c_jpg=b"c", a_jpg=b"a"))
    (tmp_path / "train-10.tar.gz").write_bytes(gzip.compress(_tar(d_jpg=b"d", b_jpg=b"b")))
    images = list_images(tmp_path)
    assert images.ids == ["a", "b", "c", "d"]
    assert [image.read_bytes() for image in images[1:3]] == [b"b", b"c"]
    assert [image.name.rpartition("/")[2] for image in images[1:3]] == [
        "train-10.tar.gz:b.jpg",
        "train-09.tar:c.jpg",
    ]


def test_a_pattern_names_the_shards(tmp_path: Path) -> None:
    for number in range(8, 11):
        (tmp_path / f"train-{number:03d}.tar").write_bytes(_tar(**{f"image{number}_jpg": b"x"}))
    (tmp_path / "train-011.tar").write_bytes(_tar(other_jpg=b"x"))
    assert list_images(f"{tmp_path}/train-{{008..010}}.tar").ids == ["image10", "image8", "image9"]
    with pytest.raises(SourceError, match=r"train-012\.tar"):
        list_images(f"{tmp_path}/train-{{010..012}}.tar")


def test_a_pattern_with_two_ranges_stands_for_all_pairs() -> None:
    assert expand("{0..1}/x-{9..10}") == ["0/x-9", "0/x-10", "1/x-9", "1/x-10"]
    assert expand("plain.tar") == ["plain.tar"]
    for pattern in ("a-{3..1}.tar", "a-{0..99999999}.tar"):
        with pytest.raises(SourceError, match="from the lower to the higher"):
            expand(pattern)


def test_a_folder_with_images_is_not_taken_for_a_set_of_shards(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    (tmp_path / "backup.tar").write_bytes(_tar(old_jpg=b"old"))
    assert list_images(tmp_path).ids == ["a"]


@pytest.mark.parametrize("scheme", ["auto", "path"])
def test_ids_begin_with_the_shard_where_two_shards_hold_one_name(tmp_path: Path, scheme: IdScheme) -> None:
    for number in range(2):
        (tmp_path / f"part-{number:03d}.tar").write_bytes(_tar(**{"000000_jpg": f"{number}".encode()}))
    images = list_images(tmp_path, ids=scheme)
    assert images.ids == ["part-000/000000", "part-001/000000"]
    assert [image.read_bytes() for image in images] == [b"0", b"1"]
    assert [image.relative for image in images] == ["part-000/000000.jpg", "part-001/000000.jpg"]
    assert images[1].name == f"{tmp_path}/part-001.tar:000000.jpg"
    assert images.notices == (
        f"{tmp_path}: 000000.jpg is in several shards, so IDs start with the shard: part-000/000000",
    )


def test_equal_members_of_two_shards_have_fingerprints_of_their_own(tmp_path: Path) -> None:
    for number in range(2):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(_tar(a_jpg=b"a"))
        os.utime(path, ns=(0, 10**18))
    assert len({image.fingerprint() for image in list_images(tmp_path)}) == 2


def test_shards_of_one_name_differ_by_folder_and_images_by_extension(
    tmp_path: Path,
) -> None:
    for folder in range(2):
        (tmp_path / f"{folder}").mkdir()
        (tmp_path / f"{folder}" / "x-7.tar").write_bytes(_tar(a_jpg=b"a", a_png=b"b"))
    assert list_images(f"{tmp_path}/{{0..1}}/x-7.tar").ids == [
        "0/x-7/a.jpg", "0/x-7/a.png", "1/x-7/a.jpg", "1/x-7/a.png",
    ]  # fmt: skip


def test_an_image_in_two_shards_is_an_error_under_stem(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.tar").write_bytes(_tar(a_jpg=b"a"))
    with pytest.raises(SourceError, match=r"a\.jpg appears twice"):
        list_images(tmp_path, ids="stem")


def test_a_line_break_in_a_member_is_reported_with_its_shard(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.tar").write_bytes(_tar(**{f"a\n{number}_jpg": b"a", f"b{number}_jpg": b"b"}))
    images = list_images(tmp_path)
    assert images.ids == ["b0", "b1"]
    assert [failure.name for failure in images.failures] == [
        rf"{tmp_path}/{number}.tar:a\n{number}.jpg" for number in range(2)
    ]


def test_unpacked_images_are_known_again_until_the_shard_changes(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar.gz"
    path.write_bytes(gzip.compress(_tar(a_jpg=b"a")))
    first = [image.fingerprint() for image in list_images(path)]
    assert [image.fingerprint() for image in list_images(path)] == first
    os.utime(path, ns=(0, 10**18))
    assert [image.fingerprint() for image in list_images(path)] != first


def test_unpacked_files_are_removed_with_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "shard.tar.gz").write_bytes(gzip.compress(_tar(a_jpg=b"a")))
    images = list_images(tmp_path / "shard.tar.gz")
    assert len(list((tmp_path / "temporary").rglob("*.tar"))) == 1
    del images
    gc.collect()
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (gzip.compress(_tar(a_jpg=b"a" * 9000))[:-20], "cannot be unpacked"),
        (b"no gzip", "cannot be unpacked: not a gzipped file"),
        (gzip.compress(b"no tar"), "is not an uncompressed tar file"),
        (gzip.compress(bytes(100 << 20)), "unpacks to more than 67,108,864 bytes"),
    ],
    # The data contain their time of creation, which differs between the processes that collect the tests.
    ids=["cut", "no gzip", "no tar", "bomb"],
)
def test_a_damaged_or_hostile_shard_is_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "shard.tar.gz"
    path.write_bytes(data)
    with pytest.raises(SourceError) as error:
        list_images(path)
    assert str(error.value).startswith(f"{path}: ")
    assert sentence in str(error.value)


def test_ranges_that_multiply_to_too_many_names_are_refused_at_once() -> None:
    with pytest.raises(SourceError, match="stands for 100,000,000 names; at most 100,000"):
        expand("{0..9999}{0..9999}.tar")


@pytest.mark.parametrize("source", ["", "part-{0..1}.tar.gz"])
def test_an_output_cannot_replace_a_shard(tmp_path: Path, source: str) -> None:
    for number in range(2):
        (tmp_path / f"part-{number}.tar.gz").write_bytes(gzip.compress(_tar(**{f"{number}_jpg": b"image"})))
    images = list_images(tmp_path / source)
    with pytest.raises(InputError, match="is one of the images to read"):
        images.require_apart(tmp_path / "part-1.tar.gz")
    images.require_apart(tmp_path / "set.h5")
