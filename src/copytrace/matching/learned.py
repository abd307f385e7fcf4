"""Learned local features: points with 64 numbers each, from a small network trained on photographs.

They find points that SIFT loses when a copy was stretched, filtered, turned grey or compressed, but miss rotated
copies. XFeat: Potje et al., CVPR 2024; the network's file and its licence are in `xfeat/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from copytrace.descriptors import open_network

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from copytrace.records import ByteArray, Float32Array, FloatArray

    Int8Array = NDArray[np.int8]

SIDE = 384
"""Longest side of the network's input in pixels."""
STRIDE = 32
"""Both sides of the input are multiples of this."""
CELL = 8
"""Pixels of the picture per cell of the network's output."""
SUREST = 0.05
"""The smallest probability of a point."""
APART = 5
"""A point is the maximum within this many pixels per side."""
MOST_POINTS = 400
SHA256 = "0fe01615308516e655bb8987c1fdc87b1adbba8defe035a59843e88b759c7ba0"
"""SHA-256 of the network's file."""


@dataclass(frozen=True, eq=False)
class LearnedFeatures:
    """Points of an upright picture: they are not found again if it is rotated or mirrored.

    Attributes:
        points: (k, 2) float32, x and y as shares of width and height.
        descriptors: (k, 64) int8, of length 127.
    """

    points: Float32Array
    descriptors: Int8Array

    def __len__(self) -> int:
        return len(self.points)


NOTHING = LearnedFeatures(np.empty((0, 2), np.float32), np.empty((0, 64), np.int8))


def find_learned(picture: ByteArray) -> LearnedFeatures:
    """Find the points of a picture, (h, w, 3) uint8 RGB."""
    pixels = _resized(picture)
    descriptors, logits, reliability = _network().run(
        None, {"image": pixels.transpose(2, 0, 1)[None].astype(np.float32)}
    )
    heat = _heat(logits[0])
    x, y = _peaks(heat)
    at = _on_grid(np.stack([x, y], axis=1), pixels.shape[1::-1])
    strength = heat[y, x] * _sampled(reliability[0], at, _linear)[:, 0]
    best = np.argsort(-strength, kind="stable")[:MOST_POINTS]
    vectors = _sampled(descriptors[0], at[best], _cubic)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    points = (np.stack([x, y], axis=1)[best] + 0.5) / pixels.shape[1::-1]
    return LearnedFeatures(points.astype(np.float32), np.rint(vectors * 127).astype(np.int8))


def _resized(picture: ByteArray) -> ByteArray:
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    size = [max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in (width, height)]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)


def _heat(logits: Float32Array) -> Float32Array:
    """(h, w) probability of a point at each pixel, from (65, h / 8, w / 8) scores; the last score means none."""
    odds = np.exp(logits - logits.max(axis=0))
    chances = (odds / odds.sum(axis=0))[:-1]
    down, across = chances.shape[1:]
    heat = chances.reshape(CELL, CELL, down, across).transpose(2, 0, 3, 1)
    return np.ascontiguousarray(heat.reshape(down * CELL, across * CELL))


def _peaks(heat: Float32Array) -> tuple[Any, Any]:
    highest = cv2.dilate(heat, np.ones((APART, APART), np.uint8))
    y, x = np.nonzero((heat == highest) & (heat > SUREST))
    return x, y


def _on_grid(pixels: FloatArray, size: tuple[int, ...]) -> FloatArray:
    """(k, 2) pixels as positions on the network's coarser output."""
    longest = np.array(size) - 1
    return np.asarray(pixels / longest * (np.array(size) / CELL) - 0.5)


def _sampled(grid: Float32Array, at: FloatArray, weights: Callable[[FloatArray], FloatArray]) -> Float32Array:
    """(k, c) values of a (c, h, w) grid between its cells, by a kernel of 2 or 4 cells per side; edges repeat."""
    whole = np.floor(at).astype(np.int64)
    across, down = (weights(part) for part in (at - whole).T)
    first = 1 - across.shape[1] // 2
    limits = np.array(grid.shape[:0:-1]) - 1
    total = np.zeros((len(at), len(grid)))
    for j in range(down.shape[1]):
        for i in range(across.shape[1]):
            x, y = np.clip(whole + np.array((first + i, first + j)), 0, limits).T
            total += grid[:, y, x].T * (across[:, i] * down[:, j])[:, None]
    return total.astype(np.float32)


def _linear(part: FloatArray) -> FloatArray:
    """(k, 2) weights of the two neighbouring cells."""
    return np.stack([1 - part, part], axis=1)


def _cubic(part: FloatArray) -> FloatArray:
    """(k, 4) weights of the four neighbouring cells: Keys' kernel with a = -0.75, as used to train the network."""
    near, far = np.stack([part, 1 - part]), np.stack([part + 1, 2 - part])
    inner = 1.25 * near**3 - 2.25 * near**2 + 1
    outer = -0.75 * far**3 + 3.75 * far**2 - 6 * far + 3
    return np.stack([outer[0], inner[0], inner[1], outer[1]], axis=1)


@cache
def _network() -> Any:  # noqa: ANN401 - the library has no types
    with as_file(files("copytrace.matching").joinpath("xfeat", "xfeat.onnx")) as path:
        return open_network(path, SHA256)
