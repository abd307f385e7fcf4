"""Stripes across the image."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.paste import Sprite, lay
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, OneOf, Paint
from copytrace.edits.pixels import Colour, filled, short_side, size_of
from copytrace.geometry import unmoved

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _stripes(
    image: ByteArray, *, cover: float, count: int, degrees: float, colour: Colour, opacity: float
) -> Edited:
    size = size_of(image)
    period = max(2.0, short_side(image) / count)
    turn = radians(degrees)
    x = (np.arange(size[0], dtype=np.float32) + 0.5) * np.float32(cos(turn))
    y = (np.arange(size[1], dtype=np.float32) + 0.5) * np.float32(sin(turn))
    # The distance from the middle of the next stripe in pixels, with half a pixel for a soft edge.
    along = (x[None, :] + y[:, None]) / np.float32(period)
    distance = np.abs(along - np.floor(along) - np.float32(0.5)) * np.float32(period)
    alpha = (
        np.clip(np.float32(cover * period / 2 + 0.5) - distance, 0, 1) if cover else np.zeros_like(distance)
    )
    canvas = image.copy()
    covered = lay(canvas, Sprite(filled(size, colour), alpha).faded(opacity), 0, 0)
    return Edited(canvas, unmoved(size, covered))


STRIPES = Edit(
    name="stripes",
    family="overlay",
    about="Lays stripes of one colour over the image.",
    parameters=(
        Graded("cover", 0, 0.6, about="share of the image under stripes"),
        OneOf("count", (3, 5, 8, 12, 18), about="stripes along the short side"),
        Free("degrees", 0, 180, about="direction across the stripes"),
        Paint("colour", about="colour of the stripes"),
        Free("opacity", 0.5, 1, about="opacity of the stripes"),
    ),
    transform=_stripes,
    mapping="covers",
)
