"""Pillow's process-wide switches, as a hostile file needs them, and only while one is decoded."""

from __future__ import annotations

import ctypes
import logging
import threading
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, cast

from PIL import AvifImagePlugin, Image, ImageFile, UnidentifiedImageError, _imaging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

# Without a handler of its own, logging prints what Pillow's readers have to say on stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_lock = threading.Lock()
_decoding = 0
_restore: Callable[[], None] = lambda: None  # noqa: E731 - replaced by each first decoder


@contextmanager
def strict_pillow(max_pixels: int) -> Iterator[None]:
    """Let Pillow pad nothing, print and warn of nothing, and refuse what declares more than `max_pixels`.

    The program around us may have chosen otherwise (many set `LOAD_TRUNCATED_IMAGES`), so its choices come
    back when the last thread that decodes is done. Threads with different limits share the largest;
    the exact limit is the caller's to check.
    """
    global _decoding, _restore  # noqa: PLW0603 - the switches are global, so is their count
    # Pillow raises an error above twice its limit, and only warns below that.
    limit = (max_pixels + 1) // 2
    with _lock:
        if _decoding == 0:
            _restore = _switch(limit)
        else:
            Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, limit)
        _decoding += 1
    try:
        yield
    finally:
        with _lock:
            _decoding -= 1
            if _decoding == 0:
                _restore()


def open_image(file: IO[bytes], file_format: str) -> Image.Image:
    """Open an image with the one reader for its format; see `format_of`.

    Raises:
        UnidentifiedImageError: the header cannot be read.
    """
    if file_format != "HEIF":
        return Image.open(file, formats=[file_format])
    try:
        # Used directly, not registered with Pillow, which the program around us may use too.
        from pi_heif import HeifImageFile, options

        options.DECODE_THREADS = 1
        image: Image.Image = HeifImageFile(file)
    except (ImportError, SyntaxError, ValueError) as error:
        raise UnidentifiedImageError(str(error)) from error
    return image


def _switch(limit: int) -> Callable[[], None]:
    """Set the switches, and give what sets them back."""
    before = (
        Image.MAX_IMAGE_PIXELS,
        ImageFile.LOAD_TRUNCATED_IMAGES,
        AvifImagePlugin.DEFAULT_MAX_THREADS,
    )
    muted = warnings.catch_warnings(action="ignore")
    muted.__enter__()
    libtiff_handler = _libtiff_switch()(None)
    Image.MAX_IMAGE_PIXELS = limit
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    # There is a worker per core already; a thread per core in each of them would only get in the way.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1

    def restore() -> None:
        (
            Image.MAX_IMAGE_PIXELS,
            ImageFile.LOAD_TRUNCATED_IMAGES,
            AvifImagePlugin.DEFAULT_MAX_THREADS,
        ) = before
        _libtiff_switch()(libtiff_handler)
        muted.__exit__(None, None, None)

    return restore


@cache
def _libtiff_switch() -> Callable[[int | None], int | None]:
    """The function that replaces what libtiff calls to print an error on stderr, and gives what it was.

    Pillow has no switch for it, and such a line would stand amid the progress bars.
    """
    try:
        replace = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):
        # A Pillow with libtiff built in, or without it, hides the function; then libtiff prints.
        return lambda _: None
    replace.argtypes, replace.restype = [ctypes.c_void_p], ctypes.c_void_p
    return cast("Callable[[int | None], int | None]", replace)
