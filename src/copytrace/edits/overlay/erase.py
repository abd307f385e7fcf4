"""Erase a rectangle."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.paste import within
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, OneOf, Paint, Seed
from copytrace.edits.pixels import Colour, size_of
from copytrace.geometry import unmoved

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _erase(
    image: ByteArray, *, area: float, ratio: float, fill: str, colour: Colour, seed: int, x: float, y: float
) -> Edited:
    across = min(1, max(area, sqrt(area * ratio)))
    width = round(image.shape[1] * across)
    height = round(image.shape[0] * area / across) if across else 0
    left, top = within(image.shape[1], width, x), within(image.shape[0], height, y)
    window = np.s_[top : top + height, left : left + width]
    erased = image.copy()
    if fill == "noise":
        rng = np.random.default_rng(seed)
        erased[window] = np.frombuffer(rng.bytes(height * width * 3), np.uint8).reshape(height, width, 3)
    elif width * height:
        erased[window] = colour if fill == "colour" else erased[window].mean(axis=(0, 1))
    covered = np.zeros(image.shape[:2], np.bool_)
    covered[window] = True
    return Edited(erased, unmoved(size_of(image), covered))


ERASE = Edit(
    name="erase",
    family="overlay",
    about="Covers a rectangle with a colour, with noise, or with the mean of the covered pixels.",
    parameters=(
        Graded("area", 0, 0.5, about="area of the rectangle, as a share of the image's"),
        Free("ratio", 0.4, 2.5, about="width to height, relative to the image's"),
        OneOf("fill", ("colour", "noise", "mean"), about="content of the rectangle"),
        Paint("colour", about="colour of a plain rectangle"),
        Seed("seed", about="random seed of the noise"),
        Free("x", 0, 1, about="position, 0 left to 1 right"),
        Free("y", 0, 1, about="position, 0 top to 1 bottom"),
    ),
    transform=_erase,
    mapping="covers",
)
