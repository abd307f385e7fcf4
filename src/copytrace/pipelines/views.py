"""Views of a picture: rotated versions and parts of it, each described separately.

A descriptor sees a picture as a whole. A rotated copy, or one that fills only a part of the query, is far from its
reference, but the right view of it is close.

To add a view, write a function that makes it from a picture, and add a line to `VIEWS`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from copytrace.images.rectangles import find_rectangles

if TYPE_CHECKING:
    from collections.abc import Callable

DECODED_SIDE = 480
"""Shorter side in pixels that is sufficient for the smallest part of a picture."""


class View(NamedTuple):
    """A way to view a picture.

    Attributes:
        name: for messages, measurements and keys.
        parts: makes the pictures to describe instead: one, several or none.
    """

    name: str
    parts: Callable[[Image.Image], list[Image.Image]]


def _turned(picture: Image.Image, *, turn: Image.Transpose) -> list[Image.Image]:
    return [picture.transpose(turn)]


def _cut(picture: Image.Image, *, box: tuple[float, float, float, float]) -> list[Image.Image]:
    """The part within a box: its left, top, right and bottom as shares of the picture's width and height."""
    left, top, right, bottom = (
        round(share * side) for share, side in zip(box, picture.size * 2, strict=True)
    )
    return [picture.crop((left, top, max(left + 1, right), max(top + 1, bottom)))]


def _rectangles(picture: Image.Image) -> list[Image.Image]:
    """Up to three parts outlined by edges."""
    return [part for box in find_rectangles(np.asarray(picture)) for part in _cut(picture, box=box)]


_TURN = Image.Transpose

VIEWS: tuple[View, ...] = (
    View("quarter turn left", partial(_turned, turn=_TURN.ROTATE_90)),
    View("half turn", partial(_turned, turn=_TURN.ROTATE_180)),
    View("quarter turn right", partial(_turned, turn=_TURN.ROTATE_270)),
    View("mirrored", partial(_turned, turn=_TURN.FLIP_LEFT_RIGHT)),
    View("rectangles", _rectangles),
    View("left two thirds", partial(_cut, box=(0, 0, 0.67, 1))),
    View("right two thirds", partial(_cut, box=(0.33, 0, 1, 1))),
    View("top two thirds", partial(_cut, box=(0, 0, 1, 0.67))),
    View("bottom two thirds", partial(_cut, box=(0, 0.33, 1, 1))),
)
"""Views of a query to describe in addition to the whole picture."""

TILES: tuple[View, ...] = (
    View("centre", partial(_cut, box=(0.2, 0.2, 0.8, 0.8))),
    View("top left corner", partial(_cut, box=(0, 0, 0.6, 0.6))),
    View("top right corner", partial(_cut, box=(0.4, 0, 1, 0.6))),
    View("bottom left corner", partial(_cut, box=(0, 0.4, 0.6, 1))),
    View("bottom right corner", partial(_cut, box=(0.4, 0.4, 1, 1))),
)
"""Parts of a reference that may be described with it. For queries they did not help (docs/quality.md)."""


def shrunk(picture: Image.Image) -> Image.Image:
    """The picture with its shorter side near `DECODED_SIDE`, if it is much longer, so that parts are cut quickly."""
    factor = min(picture.size) // DECODED_SIDE
    return picture.reduce(factor) if factor > 1 else picture
