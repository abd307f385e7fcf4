"""Views of a picture: the picture turned, and parts of it, each to be described by itself.

A descriptor sees a picture as a whole. A copy that was turned, or that is only a part of the query, lies far from
its reference, while the right view of it lies close.

To add a view: write what it makes of a picture, and add a line to `VIEWS`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

DECODED_SIDE = 480
"""Pixels of the shorter side that are enough for the smallest part of a picture."""


class View(NamedTuple):
    """A way to look at a picture.

    Attributes:
        name: for messages, measurements and keys.
        parts: makes of a picture what is described in its place: one picture, several or none.
    """

    name: str
    parts: Callable[[Image.Image], list[Image.Image]]


def _turned(picture: Image.Image, *, turn: Image.Transpose) -> list[Image.Image]:
    return [picture.transpose(turn)]


def _cut(picture: Image.Image, *, box: tuple[float, float, float, float]) -> list[Image.Image]:
    """The part within a box: its left, upper, right and lower side as shares of the picture's."""
    left, top, right, bottom = (
        round(share * side) for share, side in zip(box, picture.size * 2, strict=True)
    )
    return [picture.crop((left, top, max(left + 1, right), max(top + 1, bottom)))]


VIEWS: tuple[View, ...] = (View("half turn", partial(_turned, turn=Image.Transpose.ROTATE_180)),)
"""What is described of a query besides the whole picture."""


def shrunk(picture: Image.Image) -> Image.Image:
    """The picture with its shorter side near `DECODED_SIDE`, if it is much longer: parts of it are then cut quickly."""
    factor = min(picture.size) // DECODED_SIDE
    return picture.reduce(factor) if factor > 1 else picture
