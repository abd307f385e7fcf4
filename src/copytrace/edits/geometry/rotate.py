"""Rotate by any angle."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf, Paint
from copytrace.edits.pixels import LONGEST_SIDE, Colour, size_of
from copytrace.edits.warping import warped

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import ByteArray


def _rotate(image: ByteArray, *, degrees: float, canvas: str, fill: Colour) -> Edited:
    width, height = size_of(image)
    turn = radians(degrees)
    size = {
        "grown": _bounding_box((width, height), turn),
        "same": (width, height),
        "inner": _largest_inside((width, height), turn),
    }[canvas]
    to_source = (
        _shift(width / 2, height / 2)
        @ np.array([[cos(turn), -sin(turn), 0], [sin(turn), cos(turn), 0], [0, 0, 1]])
        @ _shift(-size[0] / 2, -size[1] / 2)
    )
    return warped(image, to_source, size, fill)


def _shift(x: float, y: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)


def _bounding_box(size: Size, turn: float) -> Size:
    across, down = abs(cos(turn)), abs(sin(turn))
    sides = (size[0] * across + size[1] * down, size[0] * down + size[1] * across)
    width, height = (min(LONGEST_SIDE, max(1, round(side))) for side in sides)
    return width, height


def _largest_inside(size: Size, turn: float) -> Size:
    """The largest upright rectangle of any shape inside a rotated rectangle."""
    width, height = size
    down, across = abs(sin(turn)), abs(cos(turn))
    long, short = max(size), min(size)
    if short <= 2 * down * across * long or abs(down - across) < 1e-9:  # noqa: PLR2004 - 45 degrees, but for rounding
        # A long thin rectangle: two corners of the upright one touch a long side each.
        half = short / 2
        sides = (half / down, half / across) if width >= height else (half / across, half / down)
    else:
        double = across * across - down * down
        sides = ((width * across - height * down) / double, (height * across - width * down) / double)
    inner_width, inner_height = (max(1, int(side + 1e-6)) for side in sides)
    return inner_width, inner_height


ROTATE = Edit(
    name="rotate",
    family="geometry",
    about="Rotates the image by any angle.",
    parameters=(
        Graded("degrees", 0, 180, either="minus", about="anticlockwise"),
        OneOf(
            "canvas",
            ("grown", "same", "inner"),
            about="whether the canvas grows to fit the image, keeps its size, or shows only the image",
        ),
        Paint("fill", about="colour of the corners"),
    ),
    transform=_rotate,
    mapping="moves",
)
