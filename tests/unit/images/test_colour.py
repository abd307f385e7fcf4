from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.images import decode_image
from copytrace.images.colour import to_rgb

if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[..., bytes]


def _pixels(image: Image.Image) -> list[tuple[int, ...]]:
    assert image.mode == "RGB"
    return [tuple(pixel) for pixel in np.asarray(image).reshape(-1, 3).tolist()]


def _row(mode: str, *values: object) -> Image.Image:
    """One row of pixels."""
    image = Image.new(mode, (len(values), 1))
    for column, value in enumerate(values):
        image.putpixel((column, 0), value)  # type: ignore[arg-type]
    return image


def test_grey_becomes_three_equal_channels(encode: Encode) -> None:
    data = encode(_row("L", 0, 100, 255), "PNG")

    assert _pixels(decode_image(data, "a")) == [(0, 0, 0), (100, 100, 100), (255, 255, 255)]


@pytest.mark.parametrize(
    ("file_format", "options"), [("PNG", {}), ("BMP", {}), ("TIFF", {"compression": "group4"})]
)
def test_one_bit_becomes_black_and_white(
    encode: Encode, file_format: str, options: dict[str, object]
) -> None:
    data = encode(_row("1", 0, 1), file_format, **options)

    assert _pixels(decode_image(data, "a")) == [(0, 0, 0), (255, 255, 255)]


def test_transparent_parts_show_white(encode: Encode) -> None:
    row = _row("RGBA", (200, 100, 0, 255), (200, 100, 0, 128), (200, 100, 0, 0))

    # Half covered: 200 * 128/255 + 255 * 127/255 = 227.4, and so on.
    assert _pixels(decode_image(encode(row, "PNG"), "a")) == [(200, 100, 0), (227, 177, 127), (255, 255, 255)]


def test_white_marks_on_transparency_show_on_black(encode: Encode) -> None:
    row = _row("RGBA", (255, 255, 255, 255), (250, 255, 245, 255), (255, 255, 255, 0))

    assert _pixels(decode_image(encode(row, "PNG"), "a")) == [(255,) * 3, (250, 255, 245), (0, 0, 0)]


def test_a_fully_transparent_picture_is_white(encode: Encode) -> None:
    row = _row("RGBA", (255, 255, 255, 0), (0, 0, 0, 0))

    assert _pixels(decode_image(encode(row, "PNG"), "a")) == [(255,) * 3] * 2


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
def test_transparent_grey_shows_white(encode: Encode, file_format: str) -> None:
    row = _row("LA", (100, 255), (100, 0))
    options = {"lossless": True} if file_format == "WEBP" else {}

    assert _pixels(decode_image(encode(row, file_format, **options), "a")) == [(100,) * 3, (255,) * 3]


def _palette() -> Image.Image:
    image = _row("P", 0, 1, 2)
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    return image


@pytest.mark.parametrize("file_format", ["PNG", "GIF", "BMP", "TIFF"])
def test_palettes_become_their_colours(encode: Encode, file_format: str) -> None:
    assert _pixels(decode_image(encode(_palette(), file_format), "a")) == [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
    ]


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_transparent_palette_entry_shows_white(encode: Encode, file_format: str) -> None:
    data = encode(_palette(), file_format, transparency=1)

    assert _pixels(decode_image(data, "a")) == [(255, 0, 0), (255, 255, 255), (0, 0, 255)]


def test_palette_entries_may_be_partly_transparent(encode: Encode) -> None:
    data = encode(_palette(), "PNG", transparency=bytes([255, 51, 0]))

    # A fifth of green over white: 0 * 0.2 + 255 * 0.8 = 204.
    assert _pixels(decode_image(data, "a")) == [(255, 0, 0), (204, 255, 204), (255, 255, 255)]


def test_palette_with_alpha_shows_white() -> None:
    image = _palette().convert("PA")
    image.putalpha(Image.frombytes("L", (3, 1), bytes([255, 0, 255])))

    assert _pixels(to_rgb(image)) == [(255, 0, 0), (255, 255, 255), (0, 0, 255)]


@pytest.mark.parametrize(
    ("row", "transparent", "expected"),
    [
        (_row("RGB", (1, 2, 3), (1, 2, 4)), (1, 2, 3), [(255, 255, 255), (1, 2, 4)]),
        (_row("L", 7, 8), 7, [(255, 255, 255), (8, 8, 8)]),
    ],
    ids=["RGB", "L"],
)
def test_a_colour_declared_transparent_shows_white(
    encode: Encode, row: Image.Image, transparent: object, expected: list[tuple[int, ...]]
) -> None:
    assert _pixels(decode_image(encode(row, "PNG", transparency=transparent), "a")) == expected


CMYK_ROW = _row("CMYK", (0, 255, 255, 0), (255, 0, 0, 0), (0, 0, 0, 255), (0, 0, 0, 0))
CMYK_COLOURS = [(255, 0, 0), (0, 255, 255), (0, 0, 0), (255, 255, 255)]


def _blocks(row: Image.Image) -> Image.Image:
    """Each pixel as a block of 16 x 16, so that JPEG keeps it."""
    return row.resize((16 * row.width, 16), Image.Resampling.NEAREST)


def _block_colours(image: Image.Image) -> list[tuple[int, ...]]:
    return [tuple(image.getpixel((column, 8))) for column in range(8, image.width, 16)]


def test_cmyk_tiffs_show_their_colours(encode: Encode) -> None:
    assert _pixels(decode_image(encode(CMYK_ROW, "TIFF"), "a")) == CMYK_COLOURS


def test_cmyk_jpegs_of_adobe_are_stored_inverted(encode: Encode) -> None:
    data = encode(_blocks(CMYK_ROW), "JPEG", quality=100, subsampling=0)
    assert b"Adobe" in data

    colours = _block_colours(decode_image(data, "a"))

    assert np.abs(np.subtract(colours, CMYK_COLOURS)).max() <= 3


def test_cmyk_jpegs_of_others_are_not(encode: Encode) -> None:
    data = encode(_blocks(Image.eval(CMYK_ROW, lambda ink: 255 - ink)), "JPEG", quality=100, subsampling=0)
    marker = data.index(b"\xff\xee")
    length = 2 + int.from_bytes(data[marker + 2 : marker + 4])

    colours = _block_colours(decode_image(data[:marker] + data[marker + length :], "a"))

    assert np.abs(np.subtract(colours, CMYK_COLOURS)).max() <= 3


def _greys(values: object, dtype: str, encode: Encode, file_format: str = "TIFF") -> list[int]:
    """The decoded greys of a one-row image of numbers."""
    data = encode(Image.fromarray(np.array([values], dtype)), file_format)
    return [red for red, _, _ in _pixels(decode_image(data, "a"))]


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_the_upper_8_of_16_bits_are_kept(encode: Encode, file_format: str) -> None:
    assert _greys([0, 255, 256, 32768, 65535], "<u2", encode, file_format) == [0, 0, 1, 128, 255]


def test_16_bits_of_the_other_byte_order_are_the_same(encode: Encode) -> None:
    assert _greys([0, 256, 65535], ">u2", encode) == [0, 1, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 100, 255], [0, 100, 255]),
        ([0, 32768, 65535], [0, 128, 255]),
        ([-1000, 0, 1000], [0, 128, 255]),
        ([0, 50_000_000, 100_000_000], [0, 128, 255]),
        ([-5, -5, -5], [0, 0, 0]),
    ],
    ids=["bytes", "16 bits", "signed", "wide", "constant"],
)
def test_32_bit_integers_are_scaled_and_never_clipped(
    encode: Encode, values: list[int], expected: list[int]
) -> None:
    assert _greys(values, "<i4", encode) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.25, 1.0], [0, 64, 255]),
        ([0.0, 99.6, 255.0], [0, 100, 255]),
        ([0.0, 32768.0, 65535.0], [0, 128, 255]),
        ([-2.0, 0.0, 6.0], [0, 64, 255]),
        ([-3e38, 0.0, 3e38], [0, 128, 255]),
        ([np.nan, 0.5, np.inf, 1.0, -np.inf], [128, 128, 255, 255, 128]),
        ([np.nan, np.inf, -np.inf], [0, 0, 0]),
    ],
    ids=["unit", "bytes", "16 bits", "signed", "huge", "not all finite", "none finite"],
)
def test_floats_are_scaled_and_never_clipped(
    encode: Encode, values: list[float], expected: list[int]
) -> None:
    assert _greys(values, "<f4", encode) == expected


def test_tall_float_pictures_are_scaled_as_one(encode: Encode) -> None:
    column = np.linspace(-1, 1, 1000, dtype=np.float32)[:, None]

    decoded = np.asarray(decode_image(encode(Image.fromarray(column), "TIFF"), "a"))[:, 0, 0]

    np.testing.assert_array_equal(decoded, np.rint((column[:, 0].astype(float) + 1) * 127.5))


def test_lab_becomes_rgb(encode: Encode) -> None:
    row = _row("LAB", (255, 128, 128), (0, 128, 128), (138, 209, 198))

    # L 54, a 81, b 70 is the red of sRGB, rounded to whole numbers.
    expected = [(255, 255, 255), (0, 0, 0), (255, 0, 0)]
    assert np.abs(np.subtract(_pixels(decode_image(encode(row, "TIFF"), "a")), expected)).max() <= 6
