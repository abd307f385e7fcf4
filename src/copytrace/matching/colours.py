"""Compares the colours of a copy with those of its original."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from copytrace.geometry import inverse
from copytrace.images.lab import lab_colours

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.geometry import Size
    from copytrace.records import ByteArray, Float32Array, FloatArray

    AnyArray = npt.NDArray[Any]

GRID = 16
"""Cells per side in which mean colours are compared: small errors of the mapping hardly change them."""
COVERED = 0.99
"""A cell is compared if the original covers at least this share of it."""
GREY = 5.0
"""A copy is grey if the mean difference of its colour channels, of 255, is below this; its original has twice it."""
RECOLOURED = 5.0
"""Median distance of the cells' colours, in units of Lab; recompression and resizing cause up to about 3."""
LIGHTER = 10.0
"""Median difference of the cells' lightness, of 255."""


def colour_edits(query: ByteArray, reference: ByteArray, matrix: FloatArray) -> list[str]:
    """How the colours of a copy were changed, in words.

    Medians are compared, so text or a logo on the copy does not count.

    Args:
        query: (h, w, 3) uint8 RGB, the copy.
        reference: (h, w, 3) uint8 RGB, the original.
        matrix: (3, 3), from the query's pixels to the reference's.
    """
    laid, shown = _laid(reference, matrix, query.shape[1::-1])
    filled = _cells(shown) >= COVERED
    if not filled.any():
        return []
    difference = _lab(query)[filled] - _lab(laid)[filled]
    lighter, *_ = np.median(difference, axis=0)
    edits = []
    if _colourfulness(query, shown) < GREY <= _colourfulness(laid, shown) / 2:
        edits.append("made grey")
    elif np.median(np.hypot(*difference[:, 1:].T)) >= RECOLOURED:
        edits.append("recoloured")
    if abs(lighter) >= LIGHTER:
        edits.append("made lighter" if lighter > 0 else "made darker")
    return edits


def _laid(reference: ByteArray, matrix: FloatArray, size: Size) -> tuple[ByteArray, Float32Array]:
    """The reference laid over a query of this size, and the pixels that show it (1) or not (0)."""
    back = inverse(matrix)
    laid = cv2.warpPerspective(reference, back, size)
    shown = cv2.warpPerspective(np.ones(reference.shape[:2], np.float32), back, size, flags=cv2.INTER_NEAREST)
    return np.asarray(laid, np.uint8), np.asarray(shown, np.float32)


def _lab(picture: ByteArray) -> FloatArray:
    return np.asarray(lab_colours(_cells(picture)), np.float64)


def _cells(picture: AnyArray) -> AnyArray:
    """The means of the cells of a picture."""
    return np.asarray(cv2.resize(picture, (GRID, GRID), interpolation=cv2.INTER_AREA))


def _colourfulness(picture: ByteArray, shown: Float32Array) -> float:
    """Mean difference of the largest and the smallest channel over some pixels of a picture."""
    red, green, blue = (picture[..., channel] for channel in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return float(spread[shown > 0].mean())
