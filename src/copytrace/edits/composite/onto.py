"""The image pasted onto another."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.paste import Sprite, lay, within
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, Photo, Seed
from copytrace.edits.pixels import LONGEST_SIDE, resized, scaled_size, size_of
from copytrace.geometry import Size, placed

if TYPE_CHECKING:
    from copytrace.edits.supplies import Photograph
    from copytrace.records import ByteArray


def _onto(
    image: ByteArray,
    *,
    photo: Photograph,
    seed: int,  # noqa: ARG001 - the drawn background's, which `photo` already knows
    scale: float,
    ratio: float,
    opacity: float,
    x: float,
    y: float,
) -> Edited:
    size = size_of(image)
    small = scaled_size(size, scale**0.5)
    canvas_size = _canvas(small, scale, ratio)
    left, top = within(canvas_size[0], small[0], x), within(canvas_size[1], small[1], y)
    canvas = photo.covering(canvas_size).copy()
    sprite = Sprite(resized(image, small), np.full(small[::-1], opacity, np.float32))
    lay(canvas, sprite, left, top)
    return Edited(canvas, placed((left, top, *small), size, canvas_size))


def _canvas(small: Size, scale: float, ratio: float) -> Size:
    """A canvas on which the image fills at most `scale` of one side."""
    sides = (small[0] / scale * max(1, sqrt(ratio)), small[1] / scale * max(1, 1 / sqrt(ratio)))
    width, height = (min(LONGEST_SIDE, max(1, round(side))) for side in sides)
    return width, height


ONTO = Edit(
    name="onto",
    family="composite",
    about="Pastes the image, scaled down, onto another photograph.",
    parameters=(
        Photo("photo", about="the photograph to paste onto"),
        Seed("seed", about="random seed of the background that replaces a missing photograph"),
        Graded("scale", 1, 0.2, about="size of the image, as a share of the canvas's sides"),
        Graded(
            "ratio",
            1,
            1.8,
            curve="multiplies",
            either="inverse",
            about="shape of the canvas, relative to the image's",
        ),
        Graded("opacity", 1, 0.75, about="opacity of the image"),
        Free("x", 0, 1, about="position, 0 left to 1 right"),
        Free("y", 0, 1, about="position, 0 top to 1 bottom"),
    ),
    transform=_onto,
    mapping="moves",
)
