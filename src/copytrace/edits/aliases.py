"""Other tools' names for the edits, so that their recipes can be read too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from copytrace.edits.registry import EDITS, by_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copytrace.edits.edit import Family

ALIASES: Mapping[str, str] = {
    # geometry
    "change-aspect-ratio": "aspect",
    "flip": "hflip",
    "flip-horizontal": "hflip",
    "flip-vertical": "vflip",
    "horizontal-flip": "hflip",
    "mirror": "hflip",
    "pad-square": "pad",
    "padding": "pad",
    "perspective-transform": "perspective",
    "random-aspect-ratio": "aspect",
    "random-rotation": "rotate",
    "rot90": "quarter-turn",
    "rotate90": "quarter-turn",
    "rotation": "rotate",
    "scale": "resize",
    "shear": "skew",
    "vertical-flip": "vflip",
    # colour
    "bright": "brightness",
    "colormap": "colour-map",
    "gray": "grey",
    "grayscale": "grey",
    "greyscale": "grey",
    "posterize": "posterise",
    "random-brightness": "brightness",
    "satur": "saturation",
    "solarize": "solarise",
    # quality
    "encoding-quality": "jpeg",
    "gaussian-blur": "blur",
    "gaussian-noise": "noise",
    "jpeg-compression": "jpeg",
    "pixel": "pixelate",
    "pixelization": "pixelate",
    "random-blur": "blur",
    "random-noise": "noise",
    "random-pixelization": "pixelate",
    "sharpness": "sharpen",
    "shuffle-pixels": "shuffle",
    # overlay
    "cutout": "erase",
    "overlay-emoji": "emoji",
    "overlay-logo": "logo",
    "overlay-stripes": "stripes",
    "overlay-text": "text",
    "random-emoji-overlay": "emoji",
    "random-erasing": "erase",
    # frame
    "meme-format": "meme",
    # composite
    "mixup": "blend",
    "overlay-image": "overlay",
    "overlay-onto-background-image": "onto",
    # warp
    "lens-distortion": "lens",
    # artistic
    "oil-painting": "oil",
}
"""Another tool's name, in lower case with hyphens, and ours."""

FAMILIES: Mapping[str, Family] = {
    "apply-pil-filter": "quality",
    "color-jitter": "colour",
    "colour-jitter": "colour",
    "convert-color": "colour",
    "filt": "quality",
    "filter": "quality",
    "masked-composite": "composite",
    "opacity": "composite",
    "overlay-onto-screenshot": "frame",
    "screenshot": "frame",
}
"""Names that mean several of our edits, all of the same family."""

OTHER = "other"
"""The family of unknown edits."""

_INDEX = by_name(EDITS)


class Recognised(NamedTuple):
    """An edit under its name in a breakdown.

    Attributes:
        name: our name, or the other tool's if none of ours matches.
        family: one of our families, or `other`.
    """

    name: str
    family: str


def recognise(name: str) -> Recognised:
    """Find out which of our edits another tool means, or at least its family.

    >>> recognise("ShufflePixels")
    Recognised(name='shuffle', family='quality')
    >>> recognise("screenshot")
    Recognised(name='screenshot', family='frame')
    >>> recognise("teleport")
    Recognised(name='teleport', family='other')
    """
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\s]+", "-", name.strip()).lower()
    edit = _INDEX.get(ALIASES.get(plain, plain))
    if edit is not None:
        return Recognised(edit.name, edit.family)
    return Recognised(name, FAMILIES.get(plain, OTHER))
