from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.errors import ImageError
from copytrace.images import MAX_PIXELS, decode_image

if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[..., bytes]

LOSSLESS = [
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "tiff_deflate"}),
    ("TIFF", {"compression": "packbits"}),
    ("BMP", {}),
]
LOSSY = [
    ("JPEG", {"quality": 95}),
    ("JPEG", {"quality": 95, "progressive": True}),
    ("WEBP", {"quality": 95}),
    ("AVIF", {"quality": 95}),
    ("TIFF", {"compression": "jpeg", "quality": 95}),
    ("MPO", {"quality": 95, "save_all": True}),
]


def _difference(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).max())


@pytest.mark.parametrize(("file_format", "options"), LOSSLESS)
def test_lossless_formats_give_the_exact_pixels(
    picture: Image.Image, encode: Encode, file_format: str, options: dict[str, object]
) -> None:
    decoded = decode_image(encode(picture, file_format, **options), "a")

    assert decoded.mode == "RGB"
    assert decoded.size == (48, 32)
    assert _difference(decoded, picture) == 0


@pytest.mark.parametrize(("file_format", "options"), LOSSY)
def test_lossy_formats_give_nearly_the_pixels(
    picture: Image.Image, encode: Encode, file_format: str, options: dict[str, object]
) -> None:
    decoded = decode_image(encode(picture, file_format, **options), "a")

    assert decoded.mode == "RGB"
    assert decoded.size == (48, 32)
    assert _difference(decoded, picture) <= 12


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "AVIF", "TIFF"])
def test_only_the_first_frame_counts(encode: Encode, file_format: str) -> None:
    red, blue = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    animation = encode(red, file_format, save_all=True, append_images=[blue])

    assert _difference(decode_image(animation, "a"), red) <= 3


def test_the_extension_of_the_name_does_not_matter(picture: Image.Image, encode: Encode) -> None:
    assert _difference(decode_image(encode(picture, "PNG"), "photo.jpg"), picture) == 0


def test_the_picture_is_detached_from_its_metadata(picture: Image.Image, encode: Encode) -> None:
    decoded = decode_image(encode(picture, "PNG", dpi=(300, 300)), "a")

    assert type(decoded) is Image.Image
    assert decoded.info == {}


# How the EXIF standard stores an upright array: it gives the side of the first row and of the first column.
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: upright.swapaxes(0, 1)[::-1],
    7: lambda upright: upright.swapaxes(0, 1)[::-1, ::-1],
    8: lambda upright: upright.swapaxes(0, 1)[:, ::-1],
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("AVIF", {"quality": 95}),
    ],
)
def test_every_orientation_gives_the_same_upright_picture(
    picture: Image.Image, encode: Encode, file_format: str, options: dict[str, object], orientation: int
) -> None:
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](np.asarray(picture))))
    exif = Image.Exif()
    exif[0x0112] = orientation

    decoded = decode_image(encode(stored, file_format, exif=exif, **options), "a")

    assert decoded.size == (48, 32)
    assert _difference(decoded, picture) <= 12


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_changes_nothing(
    picture: Image.Image, encode: Encode, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    assert _difference(decode_image(encode(picture, "PNG", exif=exif), "a"), picture) == 0


@pytest.mark.parametrize("exif", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0nonsense"])
def test_damaged_metadata_does_not_cost_the_picture(
    picture: Image.Image, encode: Encode, exif: bytes
) -> None:
    assert _difference(decode_image(encode(picture, "PNG", exif=exif), "a"), picture) == 0


@pytest.mark.parametrize(
    ("smallest_side", "size"),
    [
        (None, (800, 400)),
        (400, (800, 400)),
        (201, (800, 400)),
        (200, (400, 200)),
        (100, (200, 100)),
        (3, (100, 50)),
    ],
)
def test_a_jpeg_is_scaled_down_while_its_shorter_side_stays_large_enough(
    encode: Encode, smallest_side: int | None, size: tuple[int, int]
) -> None:
    data = encode(Image.new("RGB", (800, 400), "teal"), "JPEG")

    assert decode_image(data, "a", smallest_side=smallest_side).size == size


def test_scaling_holds_for_turned_jpegs_too(encode: Encode) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(Image.new("RGB", (800, 400), "teal"), "JPEG", exif=exif)

    assert decode_image(data, "a", smallest_side=100).size == (100, 200)


def test_a_scaled_jpeg_shows_the_same_picture(picture: Image.Image, encode: Encode) -> None:
    large = picture.resize((480, 320), Image.Resampling.BICUBIC)

    scaled = decode_image(encode(large, "JPEG", quality=95), "a", smallest_side=80)

    assert scaled.size == (120, 80)
    assert _difference(scaled, large.resize((120, 80), Image.Resampling.BOX)) <= 12


def test_other_formats_ignore_the_smallest_side(picture: Image.Image, encode: Encode) -> None:
    assert decode_image(encode(picture, "PNG"), "a", smallest_side=4).size == (48, 32)


@pytest.mark.parametrize("smallest_side", [None, 10])
def test_the_same_bytes_give_the_same_pixels(
    picture: Image.Image, encode: Encode, smallest_side: int | None
) -> None:
    data = encode(picture, "JPEG")

    first = decode_image(data, "a", smallest_side=smallest_side)

    assert all(decode_image(data, "a", smallest_side=smallest_side) == first for _ in range(3))


def _png(width: int, height: int) -> bytes:
    """A PNG that declares a size but contains almost no data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


def _webp(width: int, height: int) -> bytes:
    """A WebP whose header declares a canvas."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas


def _gif(width: int, height: int) -> bytes:
    """A GIF whose only frame is one pixel, with a disposal method."""
    size = struct.pack("<HH", width, height)
    return b"GIF89a" + size + bytes(3) + b"!\xf9\x04\x08\0\0\0\0," + bytes(4) + size + b"\0\x02\x02L\x01\0;"


def _bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHIIIIHHIIIIII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def _tiff(width: int, height: int, tile: int) -> bytes:
    """A TIFF of one deflated tile that may be larger than the picture."""
    pixels = zlib.compress(bytes(100))
    tags = {
        256: width,
        257: height,
        258: 8,
        259: 8,
        262: 1,
        277: 1,
        322: tile,
        323: tile,
        324: 8,
        325: len(pixels),
    }
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return (
        b"II*\0"
        + struct.pack("<I", 8 + len(pixels))
        + pixels
        + struct.pack("<H", len(tags))
        + directory
        + bytes(4)
    )


@pytest.mark.parametrize(
    ("bomb", "megapixels"),
    [
        (_png(30_000, 30_000), "900"),
        (_png(15_812, 15_811), "250.1"),
        (_webp(30_000, 30_000), "900"),
        (_gif(60_000, 15_000), "900"),
        (_bmp(30_000, 30_000), "900"),
        (_tiff(30_000, 30_000, tile=30_000), "900"),
        (_tiff(16, 16, tile=30_000), "900"),
    ],
    ids=["PNG", "PNG just above", "WebP", "GIF", "BMP", "TIFF", "TIFF tile"],
)
def test_a_decompression_bomb_is_refused_by_what_it_declares(bomb: bytes, megapixels: str) -> None:
    assert len(bomb) < 300

    with pytest.raises(ImageError) as caught:
        decode_image(bomb, "bomb")

    assert caught.value.name == "bomb"
    assert caught.value.reason == f"{megapixels} megapixels declared; the limit is 250"


def test_a_200_megapixel_phone_photograph_is_not_refused_by_its_size() -> None:
    assert MAX_PIXELS >= 16_320 * 12_240


def test_the_limit_can_be_chosen(picture: Image.Image, encode: Encode) -> None:
    data = encode(picture, "PNG")

    assert decode_image(data, "a", max_pixels=48 * 32).size == (48, 32)
    with pytest.raises(ImageError, match=r"^a: 0\.1 megapixels declared; the limit is 0\.001535$"):
        decode_image(data, "a", max_pixels=48 * 32 - 1)


def test_an_endlessly_long_picture_is_refused() -> None:
    with pytest.raises(ImageError, match=r"^a: 65536 x 1 pixels declared; the limit per side is 65,535$"):
        decode_image(_png(65_536, 1), "a")


def test_a_jpeg_of_countless_scans_is_refused(picture: Image.Image, encode: Encode) -> None:
    data = encode(picture, "JPEG", progressive=True)
    last_scan = data[data.rindex(b"\xff\xda") : -2]

    with pytest.raises(ImageError, match=r"^a: 1010 progressive scans; the limit is 100$"):
        decode_image(data[:-2] + 1000 * last_scan + data[-2:], "a")
