"""Logos of invented firms, drawn from a seed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.brush import Brush, star_points
from copytrace.edits.drawing.paste import Sprite, inked
from copytrace.edits.drawing.text import text_mask
from copytrace.edits.pixels import size_of

if TYPE_CHECKING:
    from copytrace.edits.pixels import Colour

BRANDS = ("pixelbay", "NORDWIND", "daily lens", "kanal 9", "@viralbox", "Stockwell", "ORBIT TV", "fotogram")

_COLOURS: tuple[Colour, ...] = (
    (226, 54, 54), (32, 110, 210), (28, 150, 92), (245, 166, 35), (124, 66, 190), (20, 20, 24),
    (255, 255, 255), (255, 255, 255),
)  # fmt: skip
_WHITE: Colour = (255, 255, 255)
_DARK: Colour = (44, 46, 52)
_LETTERS = 96


@lru_cache(maxsize=64)
def logo(seed: int) -> Sprite:
    """A badge with the brand's name next to it; read-only."""
    rng = np.random.default_rng(seed)
    colour = _COLOURS[int(rng.integers(len(_COLOURS)))]
    badge = _badge(rng, colour)
    font = ("sans-bold", "serif-italic")[int(rng.integers(2))]
    name = inked(text_mask(BRANDS[int(rng.integers(len(BRANDS)))], pixels=_LETTERS, name=font), colour)
    return _beside(badge.resized((_LETTERS * 3 // 2, _LETTERS * 3 // 2)), name)


def _badge(rng: np.random.Generator, colour: Colour) -> Sprite:
    brush = Brush()
    paper = _WHITE if colour != _WHITE else _DARK
    if rng.random() < 0.5:  # noqa: PLR2004 - a coin
        brush.disc((50, 50), 49, colour)
    else:
        brush.box((2, 2), (98, 98), colour, radius=float(rng.integers(0, 30)))
    match int(rng.integers(4)):
        case 0:
            brush.disc((50, 50), 28, paper)
            brush.disc((60, 42), 20, colour)
        case 1:
            brush.polygon([(38, 26), (38, 74), (76, 50)], paper)
        case 2:
            brush.polygon(star_points((50, 52), 36, 15, int(rng.integers(4, 8))), paper)
        case _:
            for i, height in enumerate(rng.permutation([24, 38, 52])):
                brush.box((26 + 18 * i, 76 - height), (38 + 18 * i, 76), paper)
    return brush.sprite()


def _beside(left: Sprite, right: Sprite) -> Sprite:
    """Two sprites in a row, centred, with a gap."""
    (wide, tall), (width, height) = size_of(left.colours), size_of(right.colours)
    side = max(tall, height)
    gap = side // 6
    colours = np.zeros((side, wide + gap + width, 3), np.uint8)
    # Transparent pixels have the letters' colour, so that no dark seam appears when the logo is resized.
    colours[:] = right.colours[0, 0]
    alpha = np.zeros(colours.shape[:2], np.float32)
    for sprite, start in ((left, 0), (right, wide + gap)):
        across, down = size_of(sprite.colours)
        top = (side - down) // 2
        colours[top : top + down, start : start + across] = sprite.colours
        alpha[top : top + down, start : start + across] = sprite.alpha
    return Sprite(colours, alpha)
