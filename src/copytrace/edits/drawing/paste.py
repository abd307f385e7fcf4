"""Lays small pictures over large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from copytrace.edits.pixels import Colour, blended, exact, filled, opacity, resized, size_of

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import BoolArray, ByteArray, Float32Array

# A pixel shows the reference if at least a quarter of its value comes from there.
_COVERED_FROM = 0.75


class Sprite(NamedTuple):
    """A small picture to lay over another.

    Attributes:
        colours: (h, w, 3) uint8.
        alpha: (h, w) float32, 0 to 1.
    """

    colours: ByteArray
    alpha: Float32Array

    def resized(self, size: Size) -> Sprite:
        """The sprite at another size."""
        return Sprite(resized(self.colours, size), np.clip(_resized_alpha(self.alpha, size), 0, 1))

    def faded(self, opacity: float) -> Sprite:
        """The sprite with less alpha."""
        return Sprite(self.colours, self.alpha * np.float32(opacity))

    def turned(self, degrees: float) -> Sprite:
        """The sprite rotated anticlockwise around its centre, on a canvas that fits it."""
        width, height = size_of(self.colours)
        turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1)
        across, down = abs(turn[0, 0]), abs(turn[0, 1])
        wide, tall = (
            max(1, int(np.ceil(side)))
            for side in (width * across + height * down, width * down + height * across)
        )
        turn[:, 2] += np.array([(wide - width) / 2, (tall - height) / 2])
        return Sprite(
            exact(cv2.warpAffine(self.colours, turn, (wide, tall), borderMode=cv2.BORDER_REPLICATE)),
            np.asarray(cv2.warpAffine(self.alpha, turn, (wide, tall)), np.float32),
        )


def _resized_alpha(alpha: Float32Array, size: Size) -> Float32Array:
    shrinks = size[0] < alpha.shape[1] or size[1] < alpha.shape[0]
    mode = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(alpha, size, interpolation=mode), np.float32).reshape(size[1], size[0])


def inked(mask: ByteArray, colour: Colour) -> Sprite:
    """A mask such as text, in one colour."""
    return Sprite(filled(size_of(mask), colour), opacity(mask))


def of_picture(picture: ByteArray) -> Sprite:
    """A sprite from an RGBA picture, such as one from the user's overlays."""
    return Sprite(np.ascontiguousarray(picture[..., :3]), opacity(picture[..., 3]))


def lay(canvas: ByteArray, sprite: Sprite, left: int, top: int) -> BoolArray:
    """Lay a sprite over a canvas, in place, clipped at the borders.

    Returns:
        (h, w) bool over the canvas: the pixels that are hidden now.
    """
    covered = np.zeros(canvas.shape[:2], np.bool_)
    width, height = size_of(sprite.colours)
    across = slice(max(0, left), min(canvas.shape[1], left + width))
    down = slice(max(0, top), min(canvas.shape[0], top + height))
    if across.start >= across.stop or down.start >= down.stop:
        return covered
    part = np.s_[down.start - top : down.stop - top, across.start - left : across.stop - left]
    alpha = np.ascontiguousarray(sprite.alpha[part])
    below, above = (np.ascontiguousarray(image) for image in (canvas[down, across], sprite.colours[part]))
    canvas[down, across] = blended(below, above, alpha)
    covered[down, across] = alpha > _COVERED_FROM
    return covered


def within(room: int, length: int, share: float) -> int:
    """The start of something of this length in the available room, with `share` of the spare room before it."""
    return round((room - length) * share)
