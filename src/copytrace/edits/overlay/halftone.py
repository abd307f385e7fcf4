"""Halftone: the image as printed dots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf
from copytrace.edits.pixels import exact, grey_of, mixed, resized, short_side, size_of

if TYPE_CHECKING:
    from copytrace.records import ByteArray, Float32Array

# From this size, a cell contains enough pixels for dots of different sizes.
_SMALLEST_CELL = 3


def _halftone(image: ByteArray, *, cell: float, amount: float, ink: str) -> Edited:
    side = max(_SMALLEST_CELL, round(cell * short_side(image)))
    width, height = size_of(image)
    columns, rows = -(-width // side), -(-height // side)
    # Every cell has one lightness, and a pixel is paper if that exceeds the threshold at its position.
    plate = grey_of(image)[..., None] if ink == "black" else image
    cells = resized(np.ascontiguousarray(plate), (columns, rows)).reshape(rows, columns, -1)
    means = cells.repeat(side, axis=0).repeat(side, axis=1)[:height, :width]
    threshold = np.tile(_thresholds(side), (rows, columns))[:height, :width, None]
    # The slope gives dots soft edges about two pixels wide.
    printed = np.clip((means - threshold) * np.float32(side / 128 * 4) + 128, 0, 255).astype(np.uint8)
    colours = printed if printed.shape[2] > 1 else np.repeat(printed, 3, axis=2)
    return Edited(mixed(image, exact(np.ascontiguousarray(colours)), amount))


def _thresholds(side: int) -> Float32Array:
    """(side, side) thresholds, highest in the middle of a cell: dots grow from there as it gets darker.

    Ranks instead of distances make the printed share of a cell follow its lightness.
    """
    axis = np.arange(side) + 0.5 - side / 2
    closeness = -np.hypot(axis[None, :], axis[:, None] * 1.0001)
    ranks = closeness.ravel().argsort(kind="stable").argsort(kind="stable").reshape(side, side)
    return np.asarray((ranks + 0.5) / side**2 * 255, np.float32)


HALFTONE = Edit(
    name="halftone",
    family="overlay",
    about="Prints the image as dots, in black or in red, green and blue.",
    parameters=(
        Graded("cell", 0, 0.03, about="side of a dot's cell, as a share of the short side"),
        Graded("amount", 0, 1, about="share of the printed image"),
        OneOf("ink", ("black", "colours"), about="colours of the dots"),
    ),
    transform=_halftone,
)
