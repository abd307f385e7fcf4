"""Reads an image file's size and date taken from its header."""

from __future__ import annotations

import struct
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import ExifTags, Image, UnidentifiedImageError

from copytrace.errors import ImageError
from copytrace.images._pillow import open_image, strict_pillow
from copytrace.images.decode import MAX_PIXELS
from copytrace.images.formats import HEAD_BYTES, format_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from copytrace.images.file import ImageFile

_SIDEWAYS = range(5, 9)
_BROKEN = (OSError, ValueError, SyntaxError, KeyError, struct.error, Image.DecompressionBombError)
"""Errors that Pillow raises on damaged headers."""


@dataclass(frozen=True)
class Facts:
    """Facts from an image file's header.

    Attributes:
        width: width of the upright picture in pixels; 0 if unreadable.
        height: its height.
        bytes: size of the file.
        taken: date and time taken from EXIF, as `YYYY:MM:DD HH:MM:SS`, or empty.
    """

    width: int = 0
    height: int = 0
    bytes: int = 0
    taken: str = ""

    @property
    def pixels(self) -> int:
        """The number of pixels."""
        return self.width * self.height


def read_facts(image: ImageFile) -> Facts:
    """Read the header of an image; an unreadable file has no facts."""
    try:
        with strict_pillow(MAX_PIXELS), ExitStack() as opened:
            if image.size is None and not image.version:
                file: BinaryIO = opened.enter_context(Path(image.path).open("rb"))
            else:
                file = BytesIO(image.read_bytes())
            return _facts(file)
    except (*_BROKEN, ImageError):
        return Facts()


def _facts(file: BinaryIO) -> Facts:
    file_format = format_of(file.read(HEAD_BYTES))
    if file_format is None:
        raise UnidentifiedImageError
    size = file.seek(0, 2)
    file.seek(0)
    picture = open_image(file, file_format)
    exif = picture.getexif()
    width, height = picture.size
    if exif.get(ExifTags.Base.Orientation) in _SIDEWAYS:
        width, height = height, width
    taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    return Facts(width, height, size, str(taken or exif.get(ExifTags.Base.DateTime) or "").strip("\0 "))
