"""Sets Pillow's process-wide switches for hostile files, only while one is decoded."""

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

# Without a handler of its own, logging prints messages of Pillow's readers on stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_lock = threading.Lock()
_decoding = 0
_restore: Callable[[], None] = lambda: None  # noqa: E731 - replaced by each first decoder


@contextmanager
def strict_pillow(max_pixels: int) -> Iterator[None]:
    """Make Pillow pad nothing, print no warnings, and refuse images that declare more than `max_pixels`.

    The program around us may have set the switches differently (many set `LOAD_TRUNCATED_IMAGES`), so its settings
    return when the last decoding thread ends. Threads with different limits share the largest; the caller must
    check the exact limit.
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
    """Set the switches; return a function that resets them."""
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
    # There is already one worker per core; one thread per core in each of them would only slow things down.
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
    """The libtiff function that sets the error handler and returns the previous one.

    Pillow has no switch for it, and error lines on stderr would break the progress bars.
    """
    try:
        replace = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):
        # If Pillow was built with libtiff inside, or without it, the function is hidden, and libtiff may print.
        return lambda _: None
    replace.argtypes, replace.restype = [ctypes.c_void_p], ctypes.c_void_p
    return cast("Callable[[int | None], int | None]", replace)
