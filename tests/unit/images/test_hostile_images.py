"""Any bytes give a picture or an `ImageError`, and no output on stderr."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from copytrace.errors import ImageError
from copytrace.images import decode_image

FEW_PIXELS = 1_000_000


def _real_files() -> dict[str, bytes]:
    """Small real files that exercise as many parts of the readers as possible."""
    across, down = np.meshgrid(np.arange(40), np.arange(24))
    colour = Image.fromarray(np.stack([across * 6, down * 10, across * down], axis=-1).astype(np.uint8))
    grey, palette, clear = colour.convert("L"), colour.quantize(16), colour.convert("RGBA")
    clear.putalpha(grey)
    exif = Image.Exif()
    exif[0x0112] = 6
    made: dict[str, tuple[Image.Image, str, dict[str, object]]] = {
        "jpeg": (colour, "JPEG", {"exif": exif}),
        "progressive": (colour, "JPEG", {"progressive": True}),
        "cmyk": (colour.convert("CMYK"), "JPEG", {}),
        "mpo": (colour, "MPO", {"save_all": True, "append_images": [colour]}),
        "png": (colour, "PNG", {"exif": exif}),
        "png-16": (Image.fromarray(np.asarray(grey).astype(np.uint16) << 8), "PNG", {}),
        "png-palette": (palette, "PNG", {"transparency": 3}),
        "png-colour-key": (colour, "PNG", {"transparency": (1, 2, 3)}),
        "png-animated": (colour, "PNG", {"save_all": True, "append_images": [clear]}),
        "webp": (colour, "WEBP", {"exif": exif}),
        "webp-lossless": (clear, "WEBP", {"lossless": True}),
        "webp-animated": (colour, "WEBP", {"save_all": True, "append_images": [clear]}),
        "gif": (palette, "GIF", {"transparency": 3}),
        "gif-animated": (palette, "GIF", {"save_all": True, "append_images": [grey], "disposal": 2}),
        "tiff": (colour, "TIFF", {"exif": exif}),
        "tiff-deflate": (clear, "TIFF", {"compression": "tiff_deflate"}),
        "tiff-jpeg": (colour, "TIFF", {"compression": "jpeg"}),
        "tiff-fax": (colour.convert("1"), "TIFF", {"compression": "group4"}),
        "tiff-float": (grey.convert("F"), "TIFF", {}),
        "tiff-pages": (colour, "TIFF", {"save_all": True, "append_images": [grey]}),
        "bmp": (colour, "BMP", {}),
        "bmp-palette": (palette, "BMP", {}),
        "avif": (colour, "AVIF", {"exif": exif}),
    }
    files = {}
    for name, (image, file_format, options) in made.items():
        file = BytesIO()
        image.save(file, file_format, **options)
        files[name] = file.getvalue()
    return files


REAL_FILES = _real_files()
# The fixture that captures stderr is deliberately shared by all examples.
fuzz = settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _decode_or_refuse(data: bytes) -> Image.Image | None:
    try:
        picture = decode_image(data, "a", max_pixels=FEW_PIXELS)
    except ImageError as error:
        assert error.reason  # noqa: PT017 - both outcomes are right
        return None
    assert picture.mode == "RGB"
    return picture


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A real file with a few bytes changed, left out or repeated, most of them in its header."""
    data = bytearray(REAL_FILES[draw(st.sampled_from(sorted(REAL_FILES)))])
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, min(len(data), draw(st.sampled_from([40, 300, 1 << 20]))) - 1))
        match draw(st.sampled_from(["change", "change", "change", "remove", "repeat"])):
            case "change":
                data[place] = draw(st.integers(0, 255))
            case "remove":
                del data[place + 1 : place + 1 + draw(st.integers(1, 20))]
            case "repeat":
                data[place:place] = data[: draw(st.integers(1, 50))]
    return bytes(data)


@fuzz
@given(data=damaged_files())
def test_damaged_files_give_a_picture_or_an_image_error(
    capfd: pytest.CaptureFixture[str], data: bytes
) -> None:
    _decode_or_refuse(data)

    assert capfd.readouterr() == ("", "")


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([b"", *(file[:12] for file in REAL_FILES.values())]), rest=st.binary(max_size=300)
)
def test_random_bytes_give_an_image_error(start: bytes, rest: bytes) -> None:
    _decode_or_refuse(start + rest)


@pytest.mark.parametrize("name", REAL_FILES)
def test_a_file_that_is_cut_anywhere_is_refused_or_gives_its_picture(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = REAL_FILES[name]
    whole = decode_image(data, name)

    cut = [_decode_or_refuse(data[:length]) for length in range(1, len(data), max(1, len(data) // 150))]

    # Nothing is padded: a JPEG may lose its lower half, the others only what follows their pixels.
    for picture in filter(None, cut):
        if name in {"jpeg", "progressive", "cmyk"}:
            share = picture.width * picture.height / (whole.width * whole.height)
            assert 0.5 < share <= 1
        else:
            assert picture == whole
    assert not any(cut[:10])
    assert capfd.readouterr() == ("", "")
