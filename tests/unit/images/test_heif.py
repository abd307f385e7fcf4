"""HEIC files are read with the extra `formats`; without it, they are skipped with a hint."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from copytrace.errors import ImageError
from copytrace.images import decode_image, formats, image_size, list_builder, list_images, read_facts, reasons

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Photo = Callable[[str], Path]

# 48 x 32 pixels, red on the left and blue on the right, with the EXIF orientation 6: upright, red is on top.
HEIC = b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA"
    "AAAAADRpbG9jAAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAK4AAgAAAAACmgABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVp"
    "bmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZo"
    "dmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAA"
    "AwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAA"
    "AAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAIAAAAAH////wAAAAAv///+AAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90"
    "AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAANptZGF0AAAAqigBrwT4QTGZ"
    "v/av///zFR2X5idyjxPIPtnKffhRv//KRES31s/AiIN3G8R2/qjEOyijJPrFWM+zfxyZS4IsLbDL9GLFHyZKcR9D2RlOUCAA"
    "/bvJInZb2z53Srlwc1KZx5aQZ9a+g223w/49yaBtaPop0RM/4eWV5g/GavH8MU6CrsusPPJ7fUWgQw1zDcTr7Avxu9mzM/4v"
    "wJCY2pnZPJyKpfBgAvkzcLuAAAAABkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA"
)


def test_a_heic_file_is_upright() -> None:
    picture = decode_image(HEIC, "phone.heic")
    assert picture.size == image_size(HEIC, "phone.heic") == (32, 48)
    for row, colour in ((5, (200, 30, 30)), (42, (30, 30, 200))):
        assert picture.getpixel((16, row)) == pytest.approx(colour, abs=6)


def test_a_heic_file_is_an_image_of_its_folder(photo: Photo, tmp_path: Path) -> None:
    photo("a.jpg")
    (tmp_path / "b.HEIC").write_bytes(HEIC)
    listed = list_images(tmp_path)
    assert (listed.ids, listed.left_out) == (["a", "b"], {})
    facts = read_facts(listed[1])
    assert (facts.width, facts.height, facts.bytes) == (32, 48, len(HEIC))


@pytest.mark.parametrize("length", range(1, len(HEIC), 23))
def test_a_heic_file_that_is_cut_is_refused(length: int) -> None:
    with pytest.raises(ImageError):
        decode_image(HEIC[:length], "phone.heic")


def test_too_large_a_heic_file_is_refused_by_its_header() -> None:
    with pytest.raises(ImageError, match="megapixels declared"):
        decode_image(HEIC, "phone.heic", max_pixels=1000)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", None),
    ],
)
def test_the_brands_of_a_file_tell_heic_from_avif(head: bytes, name: str | None) -> None:
    assert formats.format_of(head) == name


def test_without_the_extra_heic_files_are_left_out_with_the_way_to_get_it(
    photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (list_builder, reasons):
        monkeypatch.setattr(module, "READS_HEIF", False)
    monkeypatch.setattr(list_builder, "EXTENSIONS", frozenset({".jpg"}))
    monkeypatch.setattr(formats, "UNREAD_EXTENSIONS", formats.HEIF_EXTENSIONS)
    photo("a.jpg")
    (tmp_path / "b.heic").write_bytes(HEIC)
    listed = list_images(tmp_path)
    assert listed.left_out == {".heic": 1}
    assert listed.notices == (
        (
            f"{tmp_path}: skipped HEIC pictures (1 .heic). "
            "To include them, install the extra in a checkout of copytrace: pip install '.[formats]'"
        ),
    )
    with pytest.raises(
        ImageError, match=r"a HEIC picture. To read it, install the extra in .*: pip install '.\[formats\]'"
    ):
        decode_image(HEIC[:40], "b.heic")
