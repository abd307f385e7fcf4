"""All edits. To add one, copy a neighbour's file and add its line here; tests, sheet and commands find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.artistic.cartoon import CARTOON
from copytrace.edits.artistic.oil import OIL
from copytrace.edits.colour.brightness import BRIGHTNESS
from copytrace.edits.colour.channel_shift import CHANNEL_SHIFT
from copytrace.edits.colour.colour_map import COLOUR_MAP
from copytrace.edits.colour.contrast import CONTRAST
from copytrace.edits.colour.gamma import GAMMA
from copytrace.edits.colour.grey import GREY
from copytrace.edits.colour.hue import HUE
from copytrace.edits.colour.invert import INVERT
from copytrace.edits.colour.posterise import POSTERISE
from copytrace.edits.colour.saturation import SATURATION
from copytrace.edits.colour.solarise import SOLARISE
from copytrace.edits.composite.blend import BLEND
from copytrace.edits.composite.collage import COLLAGE
from copytrace.edits.composite.onto import ONTO
from copytrace.edits.composite.overlay import OVERLAY
from copytrace.edits.frame.browser import BROWSER
from copytrace.edits.frame.meme import MEME
from copytrace.edits.frame.phone import PHONE
from copytrace.edits.frame.screen_photo import SCREEN_PHOTO
from copytrace.edits.geometry.aspect import ASPECT
from copytrace.edits.geometry.crop import CROP
from copytrace.edits.geometry.hflip import HFLIP
from copytrace.edits.geometry.pad import PAD
from copytrace.edits.geometry.perspective import PERSPECTIVE
from copytrace.edits.geometry.quarter_turn import QUARTER_TURN
from copytrace.edits.geometry.resize import RESIZE
from copytrace.edits.geometry.rotate import ROTATE
from copytrace.edits.geometry.skew import SKEW
from copytrace.edits.geometry.vflip import VFLIP
from copytrace.edits.overlay.emoji import EMOJI_OVERLAY
from copytrace.edits.overlay.erase import ERASE
from copytrace.edits.overlay.halftone import HALFTONE
from copytrace.edits.overlay.logo import LOGO
from copytrace.edits.overlay.polka_dots import POLKA_DOTS
from copytrace.edits.overlay.stripes import STRIPES
from copytrace.edits.overlay.text import TEXT
from copytrace.edits.quality.blur import BLUR
from copytrace.edits.quality.downscale import DOWNSCALE
from copytrace.edits.quality.edge_enhance import EDGE_ENHANCE
from copytrace.edits.quality.jpeg import JPEG
from copytrace.edits.quality.noise import NOISE
from copytrace.edits.quality.pixelate import PIXELATE
from copytrace.edits.quality.reencode import REENCODE
from copytrace.edits.quality.sharpen import SHARPEN
from copytrace.edits.quality.shuffle import SHUFFLE
from copytrace.edits.quality.webp import WEBP
from copytrace.edits.warp.lens import LENS
from copytrace.edits.warp.smear import SMEAR
from copytrace.edits.warp.swirl import SWIRL
from copytrace.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from copytrace.edits.edit import Edit

EDITS: tuple[Edit, ...] = (
    # geometry
    CROP, ASPECT, PAD, RESIZE, ROTATE, QUARTER_TURN, HFLIP, VFLIP, PERSPECTIVE, SKEW,
    # colour
    BRIGHTNESS, CONTRAST, SATURATION, HUE, GAMMA, GREY, COLOUR_MAP, CHANNEL_SHIFT, POSTERISE, SOLARISE,
    INVERT,
    # quality
    BLUR, SHARPEN, EDGE_ENHANCE, NOISE, PIXELATE, JPEG, WEBP, REENCODE, DOWNSCALE, SHUFFLE,
    # overlay
    TEXT, EMOJI_OVERLAY, LOGO, STRIPES, POLKA_DOTS, HALFTONE, ERASE,
    # frame
    MEME, PHONE, BROWSER, SCREEN_PHOTO,
    # composite
    OVERLAY, ONTO, COLLAGE, BLEND,
    # warp
    LENS, SWIRL, SMEAR,
    # artistic
    CARTOON, OIL,
)  # fmt: skip


def by_name(edits: Iterable[Edit]) -> Mapping[str, Edit]:
    """Index edits by their names.

    Raises:
        EditError: two have the same name.
    """
    index: dict[str, Edit] = {}
    for edit in edits:
        if edit.name in index:
            raise EditError(f"edit {edit.name!r}: is registered twice. Give one of them another name.")
        index[edit.name] = edit
    return index


_INDEX = by_name(EDITS)


def find_edit(name: str) -> Edit:
    """The edit with this name.

    Raises:
        EditError: there is none.

    >>> find_edit("crop").family
    'geometry'
    """
    if name not in _INDEX:
        raise EditError(f"edit {name!r}: is unknown. All edits: {', '.join(sorted(_INDEX))}")
    return _INDEX[name]
