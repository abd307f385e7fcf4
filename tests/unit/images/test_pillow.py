from __future__ import annotations

import threading
import warnings
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageFile, _imaging

from copytrace.errors import ImageError
from copytrace.images import decode_image
from copytrace.images._pillow import _libtiff_switch, strict_pillow

if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[..., bytes]


def test_a_program_that_pads_truncated_files_does_not_make_us_do_so(
    picture: Image.Image, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)

    with pytest.raises(ImageError, match="truncated after"):
        decode_image(encode(picture, "JPEG")[:-100], "a")

    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


def test_a_program_with_a_lower_limit_does_not_limit_us(
    picture: Image.Image, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)

    assert decode_image(encode(picture, "PNG"), "a").size == (48, 32)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_warnings_are_muted_only_while_decoding() -> None:
    with strict_pillow(100):
        warnings.warn("unheard", stacklevel=1)

    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_libtiff_prints_its_errors_again_afterwards(
    picture: Image.Image, encode: Encode, capfd: pytest.CaptureFixture[str]
) -> None:
    damaged = encode(picture, "TIFF", compression="jpeg").replace(b"\xff\xdb", b"\xff\xfe")

    with pytest.raises(ImageError, match="damaged TIFF"):
        decode_image(damaged, "a")
    assert capfd.readouterr().err == ""

    with Image.open(BytesIO(damaged)) as image, pytest.raises(OSError, match="decoder error"):
        image.load()
    assert "Quantization table" in capfd.readouterr().err


def test_a_pillow_that_hides_libtiff_decodes_too(
    picture: Image.Image, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_imaging, "__file__", "/there/is/no/such/library.so")
    _libtiff_switch.cache_clear()

    decoded = decode_image(encode(picture, "TIFF", compression="tiff_lzw"), "a")

    assert decoded == picture
    _libtiff_switch.cache_clear()


def test_threads_that_decode_at_once_share_the_switches_and_the_last_sets_them_back() -> None:
    before = Image.MAX_IMAGE_PIXELS
    entered, leave = threading.Event(), threading.Event()

    def decode_long() -> None:
        with strict_pillow(2_000):
            entered.set()
            leave.wait()

    other = threading.Thread(target=decode_long)
    with strict_pillow(1_000):
        assert Image.MAX_IMAGE_PIXELS == 500
        other.start()
        entered.wait()
        assert Image.MAX_IMAGE_PIXELS == 1_000
    assert Image.MAX_IMAGE_PIXELS == 1_000
    leave.set()
    other.join()
    assert before == Image.MAX_IMAGE_PIXELS
