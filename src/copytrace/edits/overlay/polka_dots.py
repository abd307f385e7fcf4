"""Polka dots over the image."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.paste import Sprite, lay
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, OneOf, Paint
from copytrace.edits.pixels import Colour, filled, short_side, size_of
from copytrace.geometry import unmoved

if TYPE_CHECKING:
    from copytrace.records import ByteArray, Float32Array


def _polka_dots(image: ByteArray, *, cover: float, count: int, colour: Colour, opacity: float) -> Edited:
    size = size_of(image)
    cell = max(2, round(short_side(image) / count))
    # Two dots per square of two cells: every other row is shifted by one cell.
    radius = cell * sqrt(cover * 2 / pi)
    tile = _dots(cell, radius) if radius else np.zeros((2 * cell, 2 * cell), np.float32)
    repeats = (-(-size[1] // len(tile)), -(-size[0] // len(tile)))
    alpha = np.tile(tile, repeats)[: size[1], : size[0]]
    canvas = image.copy()
    covered = lay(canvas, Sprite(filled(size, colour), alpha).faded(opacity), 0, 0)
    return Edited(canvas, unmoved(size, covered))


def _dots(cell: int, radius: float) -> Float32Array:
    """A repeating tile: one dot in its middle, and a quarter of a dot at each corner."""
    axis = np.arange(2 * cell, dtype=np.float32) + 0.5 - cell
    from_corner = cell - np.abs(axis)
    middle = np.hypot(axis[None, :], axis[:, None])
    corner = np.hypot(from_corner[None, :], from_corner[:, None])
    return np.asarray(np.clip(radius + 0.5 - np.minimum(middle, corner), 0, 1), np.float32)


POLKA_DOTS = Edit(
    name="polka-dots",
    family="overlay",
    about="Lays a pattern of dots over the image.",
    parameters=(
        Graded("cover", 0, 0.6, about="share of the image under dots"),
        OneOf("count", (6, 10, 16, 28), about="rows of dots along the short side"),
        Paint("colour", about="colour of the dots"),
        Free("opacity", 0.6, 1, about="opacity of the dots"),
    ),
    transform=_polka_dots,
    mapping="covers",
)
