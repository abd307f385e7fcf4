from __future__ import annotations

import gzip
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrace.errors import SourceError
from copytrace.images import list_images, load_image
from copytrace.images.list_builder import ImageListBuilder
from copytrace.images.tar import find_in_tar
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from PIL import Image

    Encode = Callable[..., bytes]

LINKED = "is a link or a sparse entry in the tar file, without its own bytes"


def _tar(
    members: Sequence[tuple[str, bytes]], tar_format: int = tarfile.PAX_FORMAT, links: Sequence[str] = ()
) -> bytes:
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tar_format) as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, BytesIO(data))
        for name in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, "a.jpg"
            archive.addfile(member)
    return file.getvalue()


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[bytes], Path]:
    def _stored(data: bytes, name: str = "shard.tar") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return _stored


@pytest.mark.parametrize("tar_format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_are_found_and_read_in_any_order(
    picture: Image.Image, encode: Encode, stored: Callable[[bytes], Path], tar_format: int
) -> None:
    members = [("2021/b.png", encode(picture, "PNG")), ("2020/a.jpg", encode(picture, "JPEG"))]
    path = stored(_tar(members, tar_format))

    images = list_images(path)

    assert images.ids == ["a", "b"]
    assert [image.name for image in images] == [f"{path}:2020/a.jpg", f"{path}:2021/b.png"]
    assert images[1].read_bytes() == members[0][1]
    assert images[0].read_bytes() == members[1][1]
    assert load_image(images[1]) == picture


@pytest.mark.parametrize("tar_format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_are_kept(stored: Callable[[bytes], Path], tar_format: int) -> None:
    name = f"{'folder/' * 30}größe.jpg"

    images = list_images(stored(_tar([(name, b"1")], tar_format)), ids="path")

    assert images.ids == [name]
    assert images[0].read_bytes() == b"1"


def test_names_are_relative_however_they_were_packed(stored: Callable[[bytes], Path]) -> None:
    path = stored(_tar([("./a.jpg", b"1"), ("/b.jpg", b"2"), ("x//c.jpg", b"3")]))

    assert list_images(path, ids="path").ids == ["a.jpg", "b.jpg", "x/c.jpg"]


def test_other_and_hidden_members_are_left_out(stored: Callable[[bytes], Path]) -> None:
    names = ["a.jpg", "notes.txt", "._a.jpg", ".cache/b.jpg", "x/.y/c.jpg", "b.jxl"]

    images = list_images(stored(_tar([(name, b"1") for name in names])))

    assert images.ids == ["a"]
    assert "(1 .jxl)" in images.notices[0]


def test_content_and_system_folders_count_in_a_tar_file_as_in_a_folder(
    stored: Callable[[bytes], Path], picture: Image.Image, encode: Encode
) -> None:
    jpeg = encode(picture, "JPEG")
    members = [("IMG_1.HEIC", jpeg), ("notes", jpeg), ("@eaDir/a.jpg", jpeg), ("@eaDir/b.jpg", jpeg)]

    images = list_images(stored(_tar(members)))

    assert images.ids == ["IMG_1"]
    assert load_image(images[0]).size == picture.size
    assert images.left_out == {"@eaDir/": 1, "JPEG without an extension": 1}


def test_links_are_failures(stored: Callable[[bytes], Path]) -> None:
    path = stored(_tar([("a.jpg", b"1")], links=["b.jpg", "notes.txt"]))

    images = list_images(path)

    assert images.ids == ["a"]
    assert images.failures == (Failure(f"{path}:b.jpg", LINKED),)


def test_folders_are_not_images_even_with_an_extension(
    tmp_path: Path, stored: Callable[[bytes], Path]
) -> None:
    (tmp_path / "x.jpg").mkdir()
    (tmp_path / "x.jpg/a.jpg").write_bytes(b"1")
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(tmp_path / "x.jpg", "x.jpg")

    images = list_images(stored(file.getvalue()), ids="path")

    assert images.ids == ["x.jpg/a.jpg"]
    assert images.failures == ()


def test_a_repeated_member_is_an_error(stored: Callable[[bytes], Path]) -> None:
    path = stored(_tar([("a.jpg", b"1"), ("./a.jpg", b"2")]))

    with pytest.raises(SourceError, match=r"shard\.tar: a\.jpg appears twice\."):
        list_images(path)


def test_a_tar_file_compressed_otherwise_is_refused(stored: Callable[[bytes, str], Path]) -> None:
    path = stored(b"anything", "shard.tar.zst")

    with pytest.raises(SourceError) as caught:
        list_images(path)

    assert str(caught.value) == (
        f"{path}: tar files must be uncompressed or compressed with gzip, bzip2 or xz."
    )


@pytest.mark.parametrize("data", [b"", b"no tar", gzip.compress(bytes(2000), mtime=0), b"x" * 5000])
def test_a_file_that_is_not_a_tar_file_is_refused(stored: Callable[[bytes], Path], data: bytes) -> None:
    with pytest.raises(SourceError, match=r"shard\.tar: is not an uncompressed tar file \("):
        list_images(stored(data))


def test_an_empty_tar_file_has_no_image(stored: Callable[[bytes], Path]) -> None:
    with pytest.raises(SourceError, match=r"shard\.tar: contains no image\."):
        list_images(stored(_tar([])))


@pytest.mark.parametrize(
    "length",
    [512 + 512 + 100, 512 + 512 + 512 + 100, 512 + 512 + 512 + 512],
    ids=["in a header", "in the bytes of a member", "between members"],
)
def test_a_tar_file_that_is_cut_off_keeps_what_it_has_and_says_so(
    stored: Callable[[bytes], Path], length: int
) -> None:
    whole = _tar([(f"{name}.jpg", 512 * b"1") for name in "abc"], tarfile.USTAR_FORMAT)
    path = stored(whole[:length])

    images = list_images(path)

    assert images[0].read_bytes() == 512 * b"1"
    assert [failure.name for failure in images.failures] == [str(path)]
    assert images.failures[0].reason.startswith("damaged or truncated after byte ")


def test_images_before_a_damaged_header_are_kept(stored: Callable[[bytes], Path]) -> None:
    data = bytearray(_tar([(f"{name}.jpg", 512 * b"1") for name in "abc"], tarfile.USTAR_FORMAT))
    data[1024] ^= 0xFF
    path = stored(bytes(data))

    images = list_images(path)

    assert images.ids == ["a"]
    assert images.failures == (
        Failure(str(path), "damaged or truncated after byte 0; later images were skipped"),
    )


@pytest.mark.parametrize("size", [-1024, -1, 1 << 20, 1 << 80])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_size_that_leads_out_of_the_file_or_backwards_ends_it(
    stored: Callable[[bytes], Path], size: int, kind: bytes
) -> None:
    member = tarfile.TarInfo("b.jpg")
    member.size, member.type = size, kind
    header = member.tobuf(tarfile.GNU_FORMAT)
    path = stored(_tar([("a.jpg", 512 * b"1")], tarfile.GNU_FORMAT)[:1024] + header + bytes(1024))

    images = list_images(path)

    assert images.ids == ["a"]
    assert [failure.name for failure in images.failures] == [str(path)]
    assert images.failures[0].reason.startswith("damaged or truncated after byte 0")


@settings(max_examples=300, deadline=None)
@given(
    tar_format=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    changes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=6),
    length=st.integers(0, 12_000),
)
def test_a_damaged_tar_file_gives_images_or_a_source_error(
    tmp_path_factory: pytest.TempPathFactory, tar_format: int, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(_tar([(f"{100 * name}größe.jpg", 700 * b"1") for name in "abc"], tar_format))
    for place, value in changes:
        data[place % len(data)] = value
    path = tmp_path_factory.mktemp("tar") / "shard.tar"
    path.write_bytes(data[:length])
    found = ImageListBuilder(str(path), tar=True)

    try:
        find_in_tar(str(path), found)
    except SourceError as error:
        assert str(path) in str(error)  # noqa: PT017 - both outcomes are right
