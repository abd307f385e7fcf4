"""Backgrounds to paste images onto, if no photograph is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.pixels import exact

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import ByteArray, Float32Array

# The backgrounds are smooth: a few pixels contain everything, and OpenCV enlarges them.
_COARSE = 64


def background(seed: int, size: Size) -> ByteArray:
    """Draw a gradient, soft lights, cloth or clouds, depending on the seed.

    >>> background(3, (5, 4)).shape
    (4, 5, 3)
    """
    rng = np.random.default_rng(seed)
    drawers = (_gradient, _lights, _cloth, _clouds)
    coarse = exact(np.clip(drawers[int(rng.integers(len(drawers)))](rng), 0, 255).astype(np.uint8))
    width, height = size
    grown = exact(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)).reshape(height, width, 3)
    # A little grain hides steps in wide gradients.
    grain = rng.integers(0, 5, (64, 64), dtype=np.uint8).repeat(3, axis=1).reshape(64, 64, 3)
    tiled = np.tile(grain, (height // 64 + 1, width // 64 + 1, 1))[:height, :width]
    return exact(cv2.add(grown, np.ascontiguousarray(tiled))).reshape(height, width, 3)


def _palette(rng: np.random.Generator, count: int) -> Float32Array:
    """Matching colours: one hue and its neighbours, from dark to light."""
    hue = rng.uniform(0, 360)
    hsv = np.stack(
        [
            (hue + rng.uniform(-50, 50, count)) % 360,
            rng.uniform(0.2, 0.8, count),
            np.linspace(0.25, 0.95, count),
        ],
        axis=1,
    )
    return np.asarray(cv2.cvtColor(hsv[None].astype(np.float32), cv2.COLOR_HSV2RGB)[0] * 255, np.float32)


def _plane(angle: float) -> tuple[Float32Array, Float32Array]:
    """Two coordinates from 0 to 1, rotated by an angle."""
    axis = np.linspace(-0.5, 0.5, _COARSE, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    return x * np.cos(angle) + y * np.sin(angle) + 0.5, y * np.cos(angle) - x * np.sin(angle) + 0.5


def _gradient(rng: np.random.Generator) -> Float32Array:
    colours = _palette(rng, 3)
    along, _ = _plane(rng.uniform(0, 2 * np.pi))
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(along, stops, colours[:, i]) for i in range(3)], axis=2).astype(np.float32)


def _lights(rng: np.random.Generator) -> Float32Array:
    """Out-of-focus lights on a dark ground."""
    colours = _palette(rng, 6)
    image = np.tile(colours[0] * 0.5, (_COARSE, _COARSE, 1))
    x, y = _plane(0)
    for colour in colours[1:].repeat(3, axis=0):
        radius = rng.uniform(0.04, 0.2)
        distance = np.hypot(x - rng.uniform(0, 1), y - rng.uniform(0, 1))
        alpha = 0.6 * np.clip((radius - distance) / 0.03 + 0.5, 0, 1)[..., None]
        image = image * (1 - alpha) + colour * alpha
    return np.asarray(image, np.float32)


def _cloth(rng: np.random.Generator) -> Float32Array:
    """Crossing bands, as on a tablecloth."""
    light, dark = _palette(rng, 4)[[3, 1]]
    angle, bands = rng.uniform(0, np.pi), rng.integers(2, 7)
    along, across = _plane(angle)
    weave = (np.sin(along * bands * 2 * np.pi) > 0) * 0.5 + (np.sin(across * bands * 2 * np.pi) > 0) * 0.5
    return np.asarray(light + (dark - light) * weave[..., None], np.float32)


def _clouds(rng: np.random.Generator) -> Float32Array:
    """Noise of several sizes between two colours."""
    first, second = _palette(rng, 2)
    total = np.zeros((_COARSE, _COARSE), np.float32)
    for cells in (3, 6, 12, 24):
        noise = rng.standard_normal((cells, cells)).astype(np.float32)
        total += cv2.resize(noise, (_COARSE, _COARSE), interpolation=cv2.INTER_CUBIC) / np.float32(cells**0.7)
    share = 1 / (1 + np.exp(-3 * total))[..., None]
    return np.asarray(first + (second - first) * share, np.float32)
