"""Finds a picture inside another: pasted onto a photograph, in a screenshot, in a frame.

A copy that fills a quarter of a picture cannot be found by the look of the whole. A small network finds the four sides
of the inset picture, and that part is described instead of the whole.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from copytrace.descriptors.pixels import network_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.records import ByteArray, Float32Array

INSET_FILE = "inset.onnx"

_LEAST_SIDE = 0.1
"""The smallest share of the picture's width and height that a part may have."""


class Box(NamedTuple):
    """A part of a picture, as shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Its share of the picture."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1.

        >>> Box(0, 0, 1, 1).overlap(Box(0, 0, 0.5, 0.5))
        0.25
        """
        low = (max(self.left, other.left), max(self.top, other.top))
        both = Box(*low, min(self.right, other.right), min(self.bottom, other.bottom)).area
        return both / (self.area + other.area - both) if both else 0.0


@dataclass(frozen=True)
class Inset:
    """The card's description of the network that finds insets.

    Attributes:
        side: side of the square pictures that both networks take, in pixels.
        certainty: from this probability, the part is described instead of the whole.
        most: the largest share of the picture that counts as a part; a larger one is treated as the whole.
        sha256: digest of the network's file.
    """

    side: int
    certainty: float
    most: float
    sha256: str

    def joined(self, model_sha256: str) -> str:
        """The digest of a model that uses this network: it covers everything that affects its vectors."""
        parts = (model_sha256, self.sha256, self.side, self.certainty, self.most)
        return hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()


class InsetFinder:
    """The network that finds the sides.

    Args:
        session: takes (1, 3, side, side) float32 from -1 to 1, and returns (1, 4, k) scores for the positions of the
            left, right, top and bottom sides: that the i-th of k strips is the first or last one of the part.
        inset: the card's description.
    """

    def __init__(self, session: Any, inset: Inset) -> None:  # noqa: ANN401 - the library has no types
        self._session = session
        self._pixels = session.get_inputs()[0].name
        self._inset = inset

    def picture(self, picture: ByteArray) -> ByteArray:
        """(h, w, 3) to (side, side, 3): the inset picture, or the whole if none is found."""
        whole = _squashed(picture, self._inset.side)
        box, certainty = self._likeliest(whole)
        if certainty < self._inset.certainty or not _is_part(box, self._inset.most):
            return whole
        height, width = picture.shape[:2]
        left, right = round(box.left * width), round(box.right * width)
        top, bottom = round(box.top * height), round(box.bottom * height)
        return _squashed(picture[top:bottom, left:right], self._inset.side)

    def _likeliest(self, whole: ByteArray) -> tuple[Box, float]:
        pixels = network_pixels(whole, np.float32(1 / 127.5), np.float32(-1))
        [scores] = self._session.run(None, {self._pixels: pixels[None]})
        return most_likely(scores[0])


def most_likely(scores: Float32Array) -> tuple[Box, float]:
    """The most likely sides of a part, and the probability that all four are right to within a strip.

    Args:
        scores: (4, k) for the left, right, top and bottom side.

    >>> scores = np.full((4, 8), -9, np.float32)
    >>> scores[0, 2] = scores[1, 5] = scores[2, 0] = scores[3, 7] = 9
    >>> most_likely(scores)[0]
    Box(left=0.25, top=0.0, right=0.75, bottom=1.0)
    """
    strips = scores.shape[1]
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    at = chances.argmax(axis=1)
    certainty = 1.0
    for row, place in zip(chances, at, strict=True):
        certainty *= float(row[max(0, place - 1) : place + 2].sum())
    return box_of(at.tolist(), strips), certainty


def box_of(sides: Sequence[int], strips: int) -> Box:
    """The box between the given first and last columns and rows."""
    left, right, top, bottom = sides
    return Box(left / strips, top / strips, (right + 1) / strips, (bottom + 1) / strips)


def _is_part(box: Box, most: float) -> bool:
    return min(box.right - box.left, box.bottom - box.top) >= _LEAST_SIDE and box.area < most


def _squashed(picture: ByteArray, side: int) -> ByteArray:
    smaller = min(picture.shape[:2]) >= side
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), np.uint8)
