from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.images.jpeg_scans import count_scans

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    Encode = Callable[..., bytes]


def test_a_progressive_jpeg_has_as_many_scans_as_the_encoder_writes(
    picture: Image.Image, encode: Encode
) -> None:
    # libjpeg's script has ten scans for colour pictures, and six for grey ones.
    assert count_scans(encode(picture, "JPEG", progressive=True)) == 10
    assert count_scans(encode(picture.convert("L"), "JPEG", progressive=True)) == 6


def test_other_jpegs_are_not_counted(picture: Image.Image, encode: Encode) -> None:
    assert count_scans(encode(picture, "JPEG")) == 0


def test_scans_in_an_embedded_preview_or_behind_the_picture_do_not_count(
    picture: Image.Image, encode: Encode
) -> None:
    preview = encode(picture, "JPEG", progressive=True)
    data = encode(picture, "JPEG", progressive=True, exif=b"Exif\0\0" + preview)

    assert count_scans(data + 100 * b"\xff\xda\0\x02") == 10


def test_fill_bytes_and_restart_markers_are_no_scans() -> None:
    assert count_scans(bytes.fromhex("ffd8 ffffffc2 0002 ffda 0002 12 ffd0 34 ff00 ffd7 56 ff01 ffd9")) == 1


def test_a_truncated_segment_ends_the_count() -> None:
    assert count_scans(bytes.fromhex("ffd8 ffc2 0002 ffda")) == 1
