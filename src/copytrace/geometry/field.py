"""Mappings that no matrix can describe: swirls, lenses, waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.geometry.mapping import Mapping, inside

if TYPE_CHECKING:
    from copytrace.geometry.mapping import Size
    from copytrace.records import Float32Array, FloatArray


@dataclass(frozen=True, eq=False)
class Field(Mapping):
    """Any displacement, given at each pixel centre of the query and interpolated linearly in between.

    Attributes:
        source: (h, w, 2) float32, reference coordinates of each pixel centre, or NaN.
    """

    size: Size
    source_size: Size
    source: Float32Array

    def to_reference(self, points: FloatArray) -> FloatArray:
        """Interpolate the field; NaN where the field is NaN, and outside either image."""
        within = inside(points, self.size)
        at = np.where(within[:, None], points - 0.5, 0)
        found = _bilinear(self.source, at)
        found[~(within & inside(found, self.source_size))] = np.nan
        return found


def _bilinear(field: Float32Array, at: FloatArray) -> FloatArray:
    """Interpolate (h, w, 2) at (k, 2) positions relative to pixel centres, clamped to the border."""
    height, width = field.shape[:2]
    position = np.clip(at, 0, (width - 1, height - 1))
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, (width - 1, height - 1))
    part = position - low
    upper = _between(field[low[:, 1], low[:, 0]], field[low[:, 1], high[:, 0]], part[:, :1])
    lower = _between(field[high[:, 1], low[:, 0]], field[high[:, 1], high[:, 0]], part[:, :1])
    return _between(upper, lower, part[:, 1:])


def _between(
    first: Float32Array | FloatArray, second: Float32Array | FloatArray, part: FloatArray
) -> FloatArray:
    return np.asarray(first * (1 - part) + second * part, dtype=np.float64)
