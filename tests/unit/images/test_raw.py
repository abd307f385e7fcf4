"""RAW files are read by their previews, unless they belong to an image of the same name."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from copytrace.errors import ImageError
from copytrace.images import decode_image, image_size, list_images, load_image, read_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Encode = Callable[..., bytes]
    Photo = Callable[[str], Path]
    Field = tuple[int, str, Sequence[int]]

TYPES = {"B": 1, "H": 3, "I": 4}
SIDE = 32


def directory(fields: Sequence[Field], at: int) -> bytes:
    """A TIFF directory at an offset, with the values that do not fit into it behind it."""
    table, values = struct.pack("<H", len(fields)), b""
    behind = at + 2 + 12 * len(fields) + 4
    for tag, kind, numbers in fields:
        data = struct.pack(f"<{len(numbers)}{kind}", *numbers)
        if len(data) > 4:
            place = struct.pack("<I", behind + len(values))
            values += data
        else:
            place = data.ljust(4, b"\0")
        table += struct.pack("<HHI", tag, TYPES[kind], len(numbers)) + place
    return table + bytes(4) + values


def dng(preview: bytes, width: int, height: int, orientation: int) -> bytes:
    """A camera's file: a JPEG preview, and sensor values of 32 x 32 pixels."""
    sensor_at, preview_at, second_at = 2048, 4096, 1024
    first = [
        (254, "I", [1]), (256, "I", [width]), (257, "I", [height]), (258, "H", [8, 8, 8]), (259, "H", [7]),
        (262, "H", [6]), (271, "B", b"Test\0"), (272, "B", b"Camera\0"), (273, "I", [preview_at]),
        (274, "H", [orientation]), (277, "H", [3]), (278, "I", [height]), (279, "I", [len(preview)]),
        (330, "I", [second_at]), (50706, "B", [1, 4, 0, 0]), (50708, "B", b"Test Camera\0"),
    ]  # fmt: skip
    second = [
        (254, "I", [0]), (256, "I", [SIDE]), (257, "I", [SIDE]), (258, "H", [16]), (259, "H", [1]),
        (262, "H", [32803]), (273, "I", [sensor_at]), (277, "H", [1]), (278, "I", [SIDE]),
        (279, "I", [2 * SIDE * SIDE]), (33421, "H", [2, 2]), (33422, "B", [0, 1, 1, 2]), (50717, "I", [4095]),
    ]  # fmt: skip
    file = (b"II*\0" + struct.pack("<I", 8) + directory(first, 8)).ljust(second_at, b"\0")
    file = (file + directory(second, second_at)).ljust(sensor_at, b"\0")
    return (file + struct.pack(f"<{SIDE * SIDE}H", *range(SIDE * SIDE))).ljust(preview_at, b"\0") + preview


@pytest.fixture(scope="module")
def raw(encode: Encode) -> bytes:
    """Its preview has 96 x 64 pixels, red on the left and blue on the right; upright, red is on top."""
    picture = Image.new("RGB", (96, 64), (200, 30, 30))
    picture.paste((30, 30, 200), (48, 0, 96, 64))
    return dng(encode(picture, "JPEG", quality=90), 96, 64, orientation=6)


def test_the_preview_is_upright(raw: bytes) -> None:
    picture = decode_image(raw, "a.DNG")
    assert picture.size == image_size(raw, "a.DNG") == (64, 96)
    for row, colour in ((10, (200, 30, 30)), (86, (30, 30, 200))):
        assert picture.getpixel((32, row)) == pytest.approx(colour, abs=6)


def test_a_raw_file_is_an_image_unless_it_belongs_to_one(raw: bytes, photo: Photo, tmp_path: Path) -> None:
    photo("a.jpg")
    for name in ("a.dng", "b.dng", "sub/a.dng"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(raw)
    listed = list_images(tmp_path, ids="path")
    assert (listed.ids, listed.left_out) == (["a.jpg", "b.dng", "sub/a.dng"], {})
    facts = read_facts(listed[1])
    assert (facts.width, facts.height, facts.bytes) == (64, 96, len(raw))
    assert load_image(list_images(tmp_path / "b.dng")[0]).size == (64, 96)


@pytest.mark.parametrize("length", [40, 500, 2000])
def test_a_raw_file_without_its_preview_is_a_failure(raw: bytes, length: int) -> None:
    with pytest.raises(ImageError):
        decode_image(raw[:length], "a.dng")
