"""Emoji and other small shapes, drawn by the project."""

from __future__ import annotations

from functools import cache
from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.brush import Brush, curve_points, star_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.edits.drawing.paste import Sprite
    from copytrace.edits.pixels import Colour

_YELLOW: Colour = (255, 204, 51)
_SHADE: Colour = (235, 160, 30)
_BROWN: Colour = (92, 54, 18)
_RED: Colour = (224, 36, 56)
_WHITE: Colour = (255, 255, 255)
_BLUE: Colour = (64, 156, 255)
_BLACK: Colour = (24, 24, 28)


def _face(brush: Brush) -> None:
    brush.disc((50, 51), 47, _SHADE)
    brush.disc((50, 49), 46, _YELLOW)


def _eyes(brush: Brush, *, tall: float = 1.4) -> None:
    for x in (34, 66):
        brush.disc((x, 40), 6, _BROWN, tall=tall)


def _smile(brush: Brush) -> None:
    _face(brush)
    _eyes(brush)
    brush.arc((50, 54), (26, 22), (20, 160), 5, _BROWN)


def _laugh(brush: Brush) -> None:
    _face(brush)
    for x in (32, 68):
        brush.arc((x, 42), (9, 8), (190, 350), 5, _BROWN)
    mouth = [(50 + 28 * cos(radians(a)), 55 + 28 * sin(radians(a))) for a in range(0, 181, 6)]
    brush.polygon(mouth, _BROWN)
    brush.box((27, 55), (73, 62), _WHITE)
    for x, side in ((16, -1), (84, 1)):
        brush.polygon(
            curve_points([(x, 40), (x + 9 * side, 55), (x + 2 * side, 64), (x - 6 * side, 56)]), _BLUE
        )


def _wink(brush: Brush) -> None:
    _face(brush)
    brush.disc((34, 40), 6, _BROWN, tall=1.4)
    brush.stroke([(57, 42), (66, 37), (75, 41)], 5, _BROWN)
    brush.arc((52, 56), (22, 18), (15, 150), 5, _BROWN)


def _sad(brush: Brush) -> None:
    _face(brush)
    _eyes(brush)
    brush.arc((50, 78), (20, 16), (205, 335), 5, _BROWN)
    brush.polygon(curve_points([(70, 48), (77, 61), (70, 68), (63, 61)]), _BLUE)


def _angry(brush: Brush) -> None:
    brush.disc((50, 51), 47, (168, 30, 20))
    brush.disc((50, 49), 46, (240, 88, 50))
    _eyes(brush, tall=1)
    brush.stroke([(22, 26), (43, 36)], 5, _BROWN)
    brush.stroke([(78, 26), (57, 36)], 5, _BROWN)
    brush.arc((50, 78), (18, 12), (200, 340), 5, _BROWN)


def _surprised(brush: Brush) -> None:
    _face(brush)
    _eyes(brush)
    brush.disc((50, 70), 11, _BROWN, tall=1.3)
    brush.arc((33, 27), (9, 6), (200, 340), 4, _BROWN)
    brush.arc((67, 27), (9, 6), (200, 340), 4, _BROWN)


def _cool(brush: Brush) -> None:
    _face(brush)
    brush.box((12, 31), (88, 36), _BLACK)
    for x in (17, 55):
        brush.box((x, 32), (x + 28, 52), _BLACK, radius=9)
    brush.arc((50, 58), (22, 18), (20, 160), 5, _BROWN)


def _heart_eyes(brush: Brush) -> None:
    _face(brush)
    for x in (32, 68):
        brush.polygon([(x + dx * 0.26, 38 + dy * 0.26) for dx, dy in _heart_outline()], _RED)
    brush.arc((50, 56), (24, 22), (15, 165), 5, _BROWN)


def _heart_outline() -> list[tuple[float, float]]:
    """A heart around the origin, 96 units wide (the usual curve of sines and cosines)."""
    steps = np.linspace(0, 2 * np.pi, 120)
    x = 48 * np.sin(steps) ** 3
    y = -3 * (13 * np.cos(steps) - 5 * np.cos(2 * steps) - 2 * np.cos(3 * steps) - np.cos(4 * steps)) - 5
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _heart(brush: Brush) -> None:
    brush.polygon([(50 + x, 49 + y) for x, y in _heart_outline()], _RED)
    brush.disc((29, 30), 7, (255, 150, 160), tall=0.8)


def _star(brush: Brush) -> None:
    brush.polygon(star_points((50, 54), 50, 21, 5), _SHADE)
    brush.polygon(star_points((50, 54), 43, 18, 5), _YELLOW)


def _burst(brush: Brush) -> None:
    brush.polygon(star_points((50, 50), 49, 38, 16), _RED)
    brush.disc((50, 50), 30, _WHITE)
    brush.disc((50, 50), 26, _RED)


def _sun(brush: Brush) -> None:
    brush.polygon(star_points((50, 50), 49, 28, 12), (255, 170, 40))
    brush.disc((50, 50), 28, _YELLOW)


def _arrow(brush: Brush) -> None:
    brush.polygon([(4, 37), (54, 37), (54, 14), (97, 50), (54, 86), (54, 63), (4, 63)], _RED)


def _thumb(brush: Brush) -> None:
    brush.polygon(
        curve_points([(46, 46), (50, 12), (61, 8), (67, 20), (62, 44), (70, 60), (50, 70)]), _YELLOW
    )
    brush.box((34, 44), (88, 90), _YELLOW, radius=10)
    for y in (55, 67, 79):
        brush.stroke([(68, y), (86, y)], 2, _SHADE)
    brush.box((8, 42), (32, 94), _BLUE, radius=4)


def _tick(brush: Brush) -> None:
    brush.box((4, 4), (96, 96), (52, 178, 88), radius=18)
    brush.stroke([(24, 52), (43, 72), (77, 30)], 11, _WHITE)


def _cross(brush: Brush) -> None:
    brush.stroke([(16, 16), (84, 84)], 17, _RED)
    brush.stroke([(84, 16), (16, 84)], 17, _RED)


def _flame(brush: Brush) -> None:
    outer = [
        (52, 3),
        (60, 26),
        (80, 44),
        (85, 70),
        (66, 95),
        (34, 95),
        (16, 72),
        (22, 46),
        (36, 58),
        (38, 28),
    ]
    brush.polygon(curve_points(outer), (240, 80, 30))
    brush.polygon(curve_points([(52, 42), (66, 64), (66, 84), (50, 94), (36, 84), (38, 66)]), _YELLOW)


def _flower(brush: Brush) -> None:
    for turn in range(0, 360, 60):
        brush.disc((50 + 28 * cos(radians(turn)), 50 + 28 * sin(radians(turn))), 20, (240, 110, 170))
    brush.disc((50, 50), 18, _YELLOW)


def _lightning(brush: Brush) -> None:
    brush.polygon([(62, 2), (18, 56), (46, 56), (34, 98), (82, 40), (53, 40)], _YELLOW)


def _speech(brush: Brush) -> None:
    brush.polygon([(26, 62), (20, 97), (56, 70)], _BLACK)
    brush.box((2, 10), (98, 76), _BLACK, radius=26)
    brush.polygon([(30, 66), (24, 89), (52, 70)], _WHITE)
    brush.box((6, 14), (94, 72), _WHITE, radius=23)
    for x in (28, 50, 72):
        brush.disc((x, 43), 6, _BLACK)


def _crown(brush: Brush) -> None:
    brush.polygon([(8, 84), (4, 28), (28, 54), (50, 14), (72, 54), (96, 28), (92, 84)], _YELLOW)
    brush.box((8, 74), (92, 88), _SHADE)
    for x, y in ((5, 26), (50, 13), (95, 26)):
        brush.disc((x, y), 5, _RED)


def _ghost(brush: Brush) -> None:
    top = [(50 + 38 * cos(radians(a)), 46 + 40 * sin(radians(a))) for a in range(180, 361, 6)]
    hem: list[tuple[float, float]] = [(88, 96), (75, 84), (62, 96), (50, 84), (38, 96), (25, 84), (12, 96)]
    brush.polygon(top + hem, (236, 238, 248))
    for x in (37, 63):
        brush.disc((x, 44), 7, _BLACK, tall=1.3)
    brush.disc((50, 64), 6, _BLACK, tall=1.2)


def _cat(brush: Brush) -> None:
    brush.polygon([(10, 8), (42, 26), (12, 52)], _SHADE)
    brush.polygon([(90, 8), (58, 26), (88, 52)], _SHADE)
    brush.disc((50, 58), 44, (250, 180, 60), tall=0.88)
    for x in (34, 66):
        brush.disc((x, 50), 6, _BROWN, tall=1.4)
    brush.polygon([(44, 62), (56, 62), (50, 69)], (230, 100, 110))
    brush.arc((42, 68), (8, 8), (10, 150), 3, _BROWN)
    brush.arc((58, 68), (8, 8), (30, 170), 3, _BROWN)


EMOJI: dict[str, Callable[[Brush], None]] = {
    "angry": _angry,
    "arrow": _arrow,
    "burst": _burst,
    "cat": _cat,
    "cool": _cool,
    "cross": _cross,
    "crown": _crown,
    "flame": _flame,
    "flower": _flower,
    "ghost": _ghost,
    "heart": _heart,
    "heart-eyes": _heart_eyes,
    "laugh": _laugh,
    "lightning": _lightning,
    "sad": _sad,
    "smile": _smile,
    "speech": _speech,
    "star": _star,
    "sun": _sun,
    "surprised": _surprised,
    "thumb": _thumb,
    "tick": _tick,
    "wink": _wink,
}


@cache
def emoji(name: str) -> Sprite:
    """One of EMOJI, 256 x 256 pixels; drawn once per process and read-only."""
    brush = Brush()
    EMOJI[name](brush)
    return brush.sprite()
