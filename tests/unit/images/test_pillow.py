from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageFile

from copytrace.errors import ImageError
from copytrace.images import decode_image
from copytrace.images._pillow import strict_pillow

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
