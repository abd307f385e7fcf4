"""Close-ups of surfaces: cloth, walls, wood, skin; uniform, and therefore hard to tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.records import ByteArray, Float32Array

_SIDES = (256, 320)
_SHADES = 256


def draw_surface(seed: int) -> Image.Image:
    """A surface that depends only on the seed: RGB, about 300 pixels per side."""
    rng = np.random.default_rng((seed, 2))
    height, width = (int(side) for side in rng.integers(*_SIDES, size=2))
    pattern = _PATTERNS[rng.integers(len(_PATTERNS))](rng, height, width)
    grained = pattern + rng.normal(0, rng.uniform(0.01, 0.12), pattern.shape)
    low, high = np.percentile(grained, (1, 99))
    shade = np.clip((grained - low) / (high - low + 1e-6) * (_SHADES - 1), 0, _SHADES - 1).astype(np.uint8)
    return Image.fromarray(_palette(rng)[shade])


def _palette(rng: np.random.Generator) -> ByteArray:
    """(256, 3): colours of one material, from dark to light."""
    middle = rng.uniform(60, 190, 3)
    spread = rng.uniform(20, 90) * rng.uniform(0.6, 1.4, 3)
    stops = np.stack((middle - spread, middle + rng.normal(0, 12, 3), middle + spread))
    return (
        np.stack(
            [np.interp(np.linspace(0, 2, _SHADES), (0, 1, 2), stops[:, channel]) for channel in range(3)],
            axis=1,
        )
        .clip(0, 255)
        .astype(np.uint8)
    )


def _grid(rng: np.random.Generator, height: int, width: int) -> tuple[Float32Array, Float32Array]:
    """Coordinates in pixels, rotated by an angle."""
    angle = rng.choice((0.0, rng.uniform(0, np.pi)))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)


def _noise(rng: np.random.Generator, height: int, width: int, along: float, across: float) -> Float32Array:
    """Noise with one scale along the rows and another across, mostly from -1 to 1."""
    field = rng.normal(size=(height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(field, (0, 0), sigmaX=along, sigmaY=across)
    return np.asarray(smooth / (2 * smooth.std() + 1e-6), np.float32)


def _cloth(rng: np.random.Generator, height: int, width: int) -> Float32Array:
    x, y = _grid(rng, height, width)
    warp, weft = rng.uniform(3, 24, 2)
    threads = np.sin(2 * np.pi * x / warp) + np.sin(2 * np.pi * y / weft)
    return np.asarray(threads + rng.uniform(0, 1) * _noise(rng, height, width, 20, 20), np.float32)


def _wall(rng: np.random.Generator, height: int, width: int) -> Float32Array:
    x, y = _grid(rng, height, width)
    wide, tall = rng.uniform(16, 80), rng.uniform(10, 40)
    row = np.floor(y / tall)
    column = np.floor(x / wide + rng.choice((0.0, 0.5)) * (row % 2))
    bricks = rng.normal(0, 0.4, (64, 64))[row.astype(int) % 64, column.astype(int) % 64]
    inside = (y / tall) % 1
    along = (x / wide + 0.5 * (row % 2)) % 1
    mortar = (np.minimum(inside, 1 - inside) * tall < 1.5) | (np.minimum(along, 1 - along) * wide < 1.5)  # noqa: PLR2004 - pixels
    return np.asarray(np.where(mortar, rng.choice((-2.0, 2.0)), bricks), np.float32)


def _wood(rng: np.random.Generator, height: int, width: int) -> Float32Array:
    return _noise(rng, height, width, rng.uniform(10, 60), rng.uniform(0.6, 3)) + _noise(
        rng, height, width, 60, 8
    )


def _skin(rng: np.random.Generator, height: int, width: int) -> Float32Array:
    scale = rng.uniform(1.5, 8)
    fine = _noise(rng, height, width, scale, scale) - _noise(rng, height, width, 2 * scale, 2 * scale)
    return np.asarray(np.tanh(rng.uniform(0.5, 4) * fine), np.float32)


def _gravel(rng: np.random.Generator, height: int, width: int) -> Float32Array:
    """Stones: the value of each point is its distance from the nearest centre."""
    centres = np.ones((height, width), np.uint8)
    count = int(rng.integers(80, 1200))
    centres[rng.integers(0, height, count), rng.integers(0, width, count)] = 0
    return np.asarray(-cv2.distanceTransform(centres, cv2.DIST_L2, 5), np.float32)


_PATTERNS: tuple[Callable[[np.random.Generator, int, int], Float32Array], ...] = (
    _cloth,
    _wall,
    _wood,
    _skin,
    _gravel,
)
