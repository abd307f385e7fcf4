"""A brush that draws smooth vector shapes on a square of 100 x 100 units."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from copytrace.edits.drawing.paste import Sprite
from copytrace.edits.pixels import opacity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.edits.pixels import Colour

Point = tuple[float, float]

# Pillow draws hard edges: shapes are drawn at this many pixels per unit, then scaled down for smooth ones.
_OVERSAMPLED = 10
_SIDE = 256


class Brush:
    """Draws filled shapes, later ones over earlier ones, on a transparent background."""

    def __init__(self) -> None:
        self._image = Image.new("RGBA", (100 * _OVERSAMPLED, 100 * _OVERSAMPLED))
        self._draw = ImageDraw.Draw(self._image)

    def disc(self, centre: Point, radius: float, colour: Colour, *, tall: float = 1) -> None:
        """A disc, or an ellipse `tall` times as high as wide."""
        (x, y), high = centre, radius * tall
        self._draw.ellipse(_scaled([(x - radius, y - high), (x + radius, y + high)]), fill=colour)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """A polygon with sharp corners."""
        self._draw.polygon(_scaled(points), fill=colour)

    def box(self, corner: Point, opposite: Point, colour: Colour, *, radius: float = 0) -> None:
        """An upright rectangle with round corners."""
        self._draw.rounded_rectangle(_scaled([corner, opposite]), radius * _OVERSAMPLED, fill=colour)

    def stroke(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A line through points, with round ends and joints."""
        self._draw.line(_scaled(points), fill=colour, width=round(width * _OVERSAMPLED), joint="curve")
        for point in (points[0], points[-1]):
            self.disc(point, width / 2, colour)

    def arc(self, centre: Point, radius: Point, angles: Point, width: float, colour: Colour) -> None:
        """Part of an ellipse's outline, between two angles in degrees, clockwise from the right."""
        steps = np.radians(np.linspace(*angles, 48))
        points = [(centre[0] + radius[0] * cos(step), centre[1] + radius[1] * sin(step)) for step in steps]
        self.stroke(points, width, colour)

    def sprite(self) -> Sprite:
        """What was drawn, 256 pixels wide."""
        small = np.asarray(
            self._image.convert("RGBa").resize((_SIDE, _SIDE), Image.Resampling.BOX).convert("RGBA")
        )
        return Sprite(np.ascontiguousarray(small[..., :3]), opacity(small[..., 3]))


def star_points(centre: Point, outer: float, inner: float, tips: int) -> list[Point]:
    """The corners of a star, the first tip up."""
    radii = (outer, inner)
    angles = [pi * i / tips - pi / 2 for i in range(2 * tips)]
    return [
        (centre[0] + radii[i % 2] * cos(angle), centre[1] + radii[i % 2] * sin(angle))
        for i, angle in enumerate(angles)
    ]


def curve_points(corners: Sequence[Point], steps: int = 24) -> list[Point]:
    """A smooth closed outline through points (Catmull-Rom)."""
    outline: list[Point] = []
    array = np.array(corners)
    for i in range(len(array)):
        before, start, end, after = (array[(i + shift) % len(array)] for shift in (-1, 0, 1, 2))
        for t in np.linspace(0, 1, steps, endpoint=False):
            point = 0.5 * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
            outline.append((float(point[0]), float(point[1])))
    return outline


def _scaled(points: Sequence[Point]) -> list[Point]:
    return [(x * _OVERSAMPLED, y * _OVERSAMPLED) for x, y in points]
