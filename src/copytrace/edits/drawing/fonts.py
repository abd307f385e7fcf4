"""The fonts that text is set in: those that Matplotlib brings along, never whatever the machine has.

DejaVu covers Latin, Greek, Cyrillic, Armenian, Georgian and Hebrew without shaping; Arabic, Indic and East
Asian scripts are out, because the fonts lack them or the basic layout would set them wrongly.
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.ft2font import FT2Font
from PIL import ImageFont

if TYPE_CHECKING:
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


@cache
def _path(name: str) -> Path:
    return Path(mpl.get_data_path()) / "fonts" / "ttf" / FONTS[name]


@lru_cache(maxsize=256)
def font(name: str, pixels: int) -> FreeTypeFont:
    """A font of a size in pixels, set by FreeType's basic layout, which every build of Pillow has."""
    size = min(_LARGEST, max(_SMALLEST, pixels))
    return ImageFont.truetype(_path(name), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _letters(name: str) -> frozenset[int]:
    return frozenset(FT2Font(_path(name)).get_charmap())


def font_for(text: str, wanted: str) -> str:
    """The wanted font if it has all letters of a text, else the plain one, which has the most."""
    return (
        wanted if _letters(wanted).issuperset(map(ord, text)) else "sans-bold" if "bold" in wanted else "sans"
    )


@cache
def font_digests() -> dict[str, str]:
    """The SHA-256 of each font file: what text looks like depends on them."""
    return {FONTS[name]: hashlib.sha256(_path(name).read_bytes()).hexdigest() for name in FONTS}
