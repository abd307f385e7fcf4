"""Smear: pushed around, as if by fingers in wet paint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf, Seed
from copytrace.edits.pixels import short_side, size_of
from copytrace.edits.warping import displaced

if TYPE_CHECKING:
    from copytrace.records import ByteArray, Float32Array


def _smear(image: ByteArray, *, reach: float, strokes: int, seed: int) -> Edited:
    width, height = size_of(image)
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0.1, 0.9, (strokes, 2)) * (width, height)
    radii = rng.uniform(0.08, 0.2, strokes) * short_side(image)
    angles = rng.uniform(0, 2 * np.pi, strokes)
    length = reach * short_side(image)

    def source_of(x: Float32Array, y: Float32Array) -> tuple[Float32Array, Float32Array]:
        from_x, from_y = x.copy(), y.copy()
        for (centre_x, centre_y), radius, angle in zip(centres, radii, angles, strict=True):
            push = length * np.exp(-((x - centre_x) ** 2 + (y - centre_y) ** 2) / (2 * radius**2))
            from_x -= push * np.cos(angle)
            from_y -= push * np.sin(angle)
        return from_x.clip(0, width), from_y.clip(0, height)

    return displaced(image, source_of)


SMEAR = Edit(
    name="smear",
    family="warp",
    about="Pushes parts of the image around, as if by fingers in wet paint.",
    parameters=(
        Graded("reach", 0, 0.14, about="how far a stroke pushes, as a share of the short side"),
        OneOf("strokes", (3, 5, 8), about="number of strokes"),
        Seed("seed", about="random seed of their positions, widths and directions"),
    ),
    transform=_smear,
    mapping="moves",
)
