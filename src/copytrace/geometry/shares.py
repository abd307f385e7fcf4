"""How much of a reference is visible in a query, and how much of the query shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.geometry.mapping import Mapping
    from copytrace.records import FloatArray

# Sample points along each side of the query, and the most cells along each side of the reference.
_SAMPLES, _CELLS = 128, 32


@dataclass(frozen=True)
class Visible:
    """How much of a copy remains visible.

    Attributes:
        of_reference: share of the reference's area that is visible in the query, 0 to 1.
        of_query: share of the query's area that shows the reference, 0 to 1.
    """

    of_reference: float
    of_query: float


def visible(mapping: Mapping) -> Visible:
    """Measure both shares on a grid of points of the query; accurate to about 0.01.

    Each point represents the area of reference around it. The area is summed in cells of the reference, and no cell
    counts more than once, so a mirrored or repeated part counts once.

    >>> from copytrace.geometry.projective import placed
    >>> visible(placed((0, 0, 10, 5), (10, 10), (10, 10)))
    Visible(of_reference=1.0, of_query=0.5)
    """
    step = np.array(mapping.size, dtype=np.float64) / _SAMPLES
    grid = np.stack(np.meshgrid(*[np.arange(_SAMPLES) + 0.5] * 2), axis=-1).reshape(-1, 2) * step
    # A hundredth of a step to the right and down gives the local magnification.
    here, right, below = (
        mapping.to_reference(grid + shift) for shift in (np.zeros(2), step * (0.01, 0), step * (0, 0.01))
    )
    shown = ~np.isnan(here[:, 0])
    if not shown.any():
        return Visible(0.0, 0.0)
    size = np.array(mapping.source_size, dtype=np.float64)
    sides = [np.nan_to_num((side - here)[shown] * 100 / size) for side in (right, below)]
    share = _covered_share(here[shown] / size, *sides)
    return Visible(round(share, 4), round(float(shown.mean()), 4))


def _covered_share(places: FloatArray, right: FloatArray, below: FloatArray) -> float:
    """The share of the unit square that small parallelograms cover together.

    Args:
        places: (k, 2) their centres.
        right: (k, 2) one of their sides.
        below: (k, 2) the other side.
    """
    area = np.abs(right[:, 0] * below[:, 1] - right[:, 1] * below[:, 0])
    # Cells wide enough for the points to fall into them evenly.
    spacing = np.median(np.abs(right) + np.abs(below), axis=0)
    cells = np.clip(1 / (1.5 * np.maximum(spacing, 1e-9)), 1, _CELLS).astype(np.int64)
    # Each point is divided among the four cells around it, in a frame one cell wider, so that sums are even.
    at = places * cells + 0.5
    corner = np.floor(at).astype(np.int64)
    part = at - corner
    total = np.zeros((cells[1] + 2, cells[0] + 2))
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            np.add.at(total, (corner[:, 1] + dy, corner[:, 0] + dx), weight * area)
    return float(min(1.0, np.minimum(total * cells.prod(), 1).sum() / cells.prod()))
