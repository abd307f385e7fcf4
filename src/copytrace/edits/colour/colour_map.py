"""Colour map: lightness painted in false colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf
from copytrace.edits.pixels import exact, grey_of, mixed

if TYPE_CHECKING:
    from copytrace.records import ByteArray


MAPS: dict[str, int] = {
    "bone": cv2.COLORMAP_BONE,
    "hot": cv2.COLORMAP_HOT,
    "jet": cv2.COLORMAP_JET,
    "ocean": cv2.COLORMAP_OCEAN,
    "pink": cv2.COLORMAP_PINK,
    "viridis": cv2.COLORMAP_VIRIDIS,
}


def _colour_map(image: ByteArray, *, amount: float, map: str) -> Edited:  # noqa: A002 - the recipe's word
    painted = exact(cv2.applyColorMap(grey_of(image), MAPS[map]))
    return Edited(mixed(image, np.ascontiguousarray(painted[..., ::-1]), amount))


COLOUR_MAP = Edit(
    name="colour-map",
    family="colour",
    about="Paints lightness in false colours, as heat cameras and old postcards do.",
    parameters=(
        Graded("amount", 0, 1, about="share of the painted image"),
        OneOf("map", tuple(MAPS), about="the colours"),
    ),
    transform=_colour_map,
)
