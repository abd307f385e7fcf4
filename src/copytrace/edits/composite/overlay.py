"""Another image pasted onto this one."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing.paste import Sprite, lay, within
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, Photo, Seed
from copytrace.edits.pixels import size_of
from copytrace.geometry import unmoved

if TYPE_CHECKING:
    from copytrace.edits.supplies import Photograph
    from copytrace.records import ByteArray


def _overlay(
    image: ByteArray,
    *,
    photo: Photograph,
    seed: int,  # noqa: ARG001 - the drawn background's, which `photo` already knows
    area: float,
    ratio: float,
    opacity: float,
    x: float,
    y: float,
) -> Edited:
    across = min(1, max(area, sqrt(area * ratio)))
    width = round(image.shape[1] * across)
    height = round(image.shape[0] * area / across) if across else 0
    if width * height == 0:
        return Edited(image, unmoved(size_of(image)))
    canvas = image.copy()
    sprite = Sprite(photo.covering((width, height)), np.full((height, width), opacity, np.float32))
    covered = lay(canvas, sprite, within(image.shape[1], width, x), within(image.shape[0], height, y))
    return Edited(canvas, unmoved(size_of(image), covered))


OVERLAY = Edit(
    name="overlay",
    family="composite",
    about="Pastes another photograph onto the image.",
    parameters=(
        Photo("photo", about="the photograph to paste"),
        Seed("seed", about="random seed of the picture that replaces a missing photograph"),
        Graded("area", 0, 0.7, about="covered area, as a share of the image's"),
        Free("ratio", 0.5, 2, about="width to height of the pasted picture, relative to the image's"),
        Free("opacity", 0.6, 1, about="opacity of the pasted picture"),
        Free("x", 0, 1, about="position, 0 left to 1 right"),
        Free("y", 0, 1, about="position, 0 top to 1 bottom"),
    ),
    transform=_overlay,
    mapping="covers",
)
