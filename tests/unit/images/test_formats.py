from __future__ import annotations

import pytest

from copytrace.images.formats import ending_of, format_of


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"BM", "BMP"),
        (b"RIFF1234WEBP", "WEBP"),
        (b"RIFF1234WAVE", None),
        (b"\0\0\0\x20ftypavif", "AVIF"),
        (b"\0\0\0\x20ftypmp42", None),
        (b"%!PS-Adobe-3.0", None),
        (b"8BPS\0\1", None),
        (b"", None),
    ],
)
def test_a_format_shows_in_the_first_bytes(head: bytes, expected: str | None) -> None:
    assert format_of(head) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.jpg", ".jpg"),
        ("2020.summer/IMG_1.JPEG", ".jpeg"),
        ("2020.summer/IMG_1", ""),
        (".jpg", ""),
        ("a/.jpg", ""),
        ("a.tar.gz", ".gz"),
        ("a.", "."),
    ],
)
def test_the_extension_follows_the_last_dot_of_the_name(path: str, expected: str) -> None:
    assert ending_of(path) == expected
