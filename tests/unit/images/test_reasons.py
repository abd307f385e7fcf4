from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from PIL import Image, UnidentifiedImageError

from copytrace.errors import ImageError
from copytrace.images import decode_image
from copytrace.images.formats import FORMAT_NAMES
from copytrace.images.reasons import why_not_decoded

if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[..., bytes]

READ = f"expected {FORMAT_NAMES}"


def _reason(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode_image(data, "photo.jpg")
    assert str(caught.value) == f"photo.jpg: {caught.value.reason}"
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html>\n<title>404</title>",
         "not an image (starts with text: '<!DOCTYPE html> <title>404</title>')"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:",
         "not an image (starts with text: 'version https://git-lfs.github.com/spec…')"),
        ("größe".encode(), "not an image (starts with text: 'größe')"),
        (b"\xef\xbb\xbfid,score", "not an image (starts with text: 'id,score')"),
        (63 * b"a" + "ß".encode(), f"not an image (starts with text: '{39 * 'a'}…')"),
        (b"BMW is a maker of cars", "not an image (starts with text: 'BMW is a maker of cars')"),
        (bytes(1000), "not an image (starts with zero bytes, as an unfinished download does)"),
        (b"\x7fELF\x02\x01\x01\0", f"not an image (starts with the bytes 7f 45 4c 46); {READ}"),
        (b"\xff\xfe\xfd", f"not an image (starts with the bytes ff fe fd); {READ}"),
        (b"%PDF-1.7\n", f"a PDF document; {READ}"),
        (b"8BPS\0\1", f"a Photoshop document; {READ}"),
        (b"PK\x03\x04", f"a ZIP archive; {READ}"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", f"a video; {READ}"),
        (b"\xff\xd8\xff\xc0\0\x0b\x0c\0\1\0\1\1\1\x11\0",
         "JPEG with an unreadable header: damaged, truncated or of an unusual kind"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
         "AVIF with an unreadable header: damaged, truncated or of an unusual kind"),
        (b"BM" + struct.pack("<III", 54, 0, 54) + bytes(40), "damaged BMP (Unsupported BMP header type (0))"),
    ],
)  # fmt: skip
def test_the_reason_says_what_the_file_is_instead(data: bytes, reason: str) -> None:
    assert _reason(data) == reason


def test_eps_is_never_opened() -> None:
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n"

    assert _reason(eps) == "not an image (starts with text: '%!PS-Adobe-3.0 EPSF-3.0 %%BoundingBox:…')"


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_truncated_file_is_called_truncated(picture: Image.Image, encode: Encode, file_format: str) -> None:
    data = encode(picture, file_format)
    half = data[: len(data) * 3 // 4]

    assert _reason(half) == f"truncated after {len(half):,} bytes"


def test_a_damaged_file_is_called_damaged(picture: Image.Image, encode: Encode) -> None:
    data = bytearray(encode(picture, "PNG"))
    middle = data.index(b"IDAT") + 4
    data[middle : middle + 4] = b"\xff\xff\xff\xff"

    assert _reason(bytes(data)) == "damaged PNG (broken data stream when reading image f…)"


def test_a_picture_too_large_for_the_memory_is_called_too_large() -> None:
    assert why_not_decoded(b"BM" + bytes(52), MemoryError()) == "too large for this machine's memory (BMP)"


def test_an_error_without_words_is_called_by_its_name() -> None:
    assert why_not_decoded(b"GIF89a" + bytes(7), ZeroDivisionError()) == "damaged GIF (ZeroDivisionError)"


def test_bytes_without_a_signature_are_not_an_image_whatever_the_error() -> None:
    assert why_not_decoded(b"no", UnidentifiedImageError()) == "not an image (starts with text: 'no')"
