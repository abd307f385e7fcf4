"""Compares the colours of a copy with those of its original."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.geometry import inverse

if TYPE_CHECKING:
    from copytrace.records import ByteArray, FloatArray

GRID = 16
"""Cells per side in which mean colours are compared: small errors of the mapping hardly change them."""
COVERED = 0.99
"""A cell is compared if the original covers at least this share of it."""
GREY = 8.0
"""A picture is grey if the mean difference of its colour channels, of 255, is below this."""
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
    ours, theirs = _shared_cells(query, reference, matrix)
    edits = []
    if _colourfulness(query) < GREY <= _colourfulness(reference):
        edits.append("made grey")
    elif len(ours) and np.median(np.hypot(*(ours - theirs)[:, 1:].T)) >= RECOLOURED:
        edits.append("recoloured")
    lighter = float(np.median((ours - theirs)[:, 0])) if len(ours) else 0.0
    if abs(lighter) >= LIGHTER:
        edits.append("made lighter" if lighter > 0 else "made darker")
    return edits


def _shared_cells(
    query: ByteArray, reference: ByteArray, matrix: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(k, 3) the mean Lab colours of the cells that both pictures fill, in the query and in the reference."""
    size, back = query.shape[1::-1], inverse(matrix)
    laid = cv2.warpPerspective(reference, back, size)
    covered = cv2.warpPerspective(np.ones(reference.shape[:2], np.float32), back, size)
    filled = _cells(covered) >= COVERED
    return _lab(query)[filled], _lab(np.asarray(laid, np.uint8))[filled]


def _lab(picture: ByteArray) -> FloatArray:
    return np.asarray(cv2.cvtColor(_cells(picture), cv2.COLOR_RGB2LAB), np.float64)


def _cells(picture: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(picture, (GRID, GRID), interpolation=cv2.INTER_AREA))


def _colourfulness(look: ByteArray) -> float:
    """Mean difference of the largest and the smallest channel."""
    red, green, blue = cv2.split(look)
    largest = cv2.max(cv2.max(red, green), blue)
    smallest = cv2.min(cv2.min(red, green), blue)
    return float(cv2.subtract(largest, smallest).mean())
