"""The fonts for text: the package's own, never those of the machine.

DejaVu covers Latin, Greek, Cyrillic, Armenian, Georgian and Hebrew without shaping. Arabic, Indic and East Asian
scripts are not supported, because the fonts lack them or the basic layout would set them wrongly.
"""

from __future__ import annotations

import hashlib
import struct
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from PIL import ImageFont

from copytrace.typefaces import font_path

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.ImageFont import FreeTypeFont

FONTS: dict[str, str] = {
    "mono": "DejaVuSansMono-Bold.ttf",
    "sans": "DejaVuSans.ttf",
    "sans-bold": "DejaVuSans-Bold.ttf",
    "serif": "DejaVuSerif.ttf",
    "serif-italic": "DejaVuSerif-BoldItalic.ttf",
}

_SMALLEST = 1
_LARGEST = 2_000
_WINDOWS_UNICODE = (3, 10)
"""The platform and encoding of the table with all Unicode characters of a font."""


def _path(name: str) -> Path:
    return font_path(FONTS[name])


@lru_cache(maxsize=256)
def font(name: str, pixels: int) -> FreeTypeFont:
    """A font of a size in pixels, with FreeType's basic layout, which every build of Pillow has."""
    size = min(_LARGEST, max(_SMALLEST, pixels))
    return ImageFont.truetype(_path(name), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _letters(name: str) -> frozenset[int]:
    """The code points that a font draws, from its table of Unicode ranges (OpenType `cmap`, format 12)."""
    data = _path(name).read_bytes()
    (tables,) = struct.unpack_from(">4xH", data)
    offsets = dict(struct.iter_unpack(">4s4xI4x", data[12 : 12 + 16 * tables]))
    cmap = offsets[b"cmap"]
    (maps,) = struct.unpack_from(">2xH", data, cmap)
    places = {
        (platform, encoding): cmap + place
        for platform, encoding, place in struct.iter_unpack(">HHI", data[cmap + 4 : cmap + 4 + 8 * maps])
    }
    ranges = places[_WINDOWS_UNICODE]
    (count,) = struct.unpack_from(">12xI", data, ranges)
    groups = struct.iter_unpack(">II4x", data[ranges + 16 : ranges + 16 + 12 * count])
    return frozenset(code for first, last in groups for code in range(first, last + 1))


def font_for(text: str, wanted: str) -> str:
    """The given font if it has all letters of a text, else the plain one, which has the most."""
    return (
        wanted if _letters(wanted).issuperset(map(ord, text)) else "sans-bold" if "bold" in wanted else "sans"
    )


@cache
def font_digests() -> dict[str, str]:
    """The SHA-256 of each font file, which determine how text looks."""
    return {FONTS[name]: hashlib.sha256(_path(name).read_bytes()).hexdigest() for name in FONTS}
