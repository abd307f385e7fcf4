"""GIST: the energies of a bank of Gabor filters over a coarse grid.

Source: A. Oliva and A. Torralba, "Modeling the shape of the scene", IJCV 42 (2001).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors.descriptor import Card
from copytrace.images import Input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.descriptors.background import Background
    from copytrace.records import ByteArray, Float32Array

SIDE = 128
MARGIN = 8
"""Mirrored pixels around the picture, so that its borders do not trigger the filters."""
SCALES = 4
ORIENTATIONS = 8
CELLS = 4
ENERGIES = SCALES * ORIENTATIONS * CELLS * CELLS
DIMS = 256

CARD = Card(
    name="gist",
    summary="GIST: Gabor energies at 4 scales x 8 orientations on 4 x 4 cells, projected to 256 dimensions",
    dims=DIMS,
    input=Input(SIDE, SIDE, grey=True),
    threshold=0.039,
    threshold_source="fitted to a benchmark of 2,500 queries; precision on other data is not guaranteed",
    licence="MIT (part of copytrace)",
)


class Gist:
    """GIST of a grey 128 x 128 picture, of length 1, projected to 256 dimensions."""

    card = CARD
    background: Background | None = None

    def __init__(self) -> None:
        side = SIDE + 2 * MARGIN
        self._blur = _low_pass(side)
        self._gabor = _gabor_bank(side)
        self._projection = _projection()

    def describe(self, batch: Sequence[ByteArray]) -> Float32Array:
        """Describe each picture: n of (128, 128) uint8 to (n, 256) float32."""
        vectors = np.empty((len(batch), DIMS), np.float32)
        for vector, picture in zip(vectors, batch, strict=True):
            # One picture at a time: the rounding of a product over the whole batch would depend on its size.
            vector[:] = self._projection @ self._energies(picture)
        return vectors

    def _energies(self, picture: ByteArray) -> Float32Array:
        """(512,) float32 of length 1: mean filter response by scale, orientation and cell."""
        spectrum = np.fft.fft2(self._normalised(picture))
        energies = np.empty((len(self._gabor), CELLS, CELLS), np.float32)
        cell = SIDE // CELLS
        inner = slice(MARGIN, -MARGIN)
        for energy, gabor in zip(energies, self._gabor, strict=True):
            response = np.abs(np.fft.ifft2(spectrum * gabor))[inner, inner]
            energy[:] = response.reshape(CELLS, cell, CELLS, cell).mean(axis=(1, 3))
        flat = energies.ravel()
        length = np.linalg.norm(flat)
        return flat / length if length > 0 else flat

    def _normalised(self, picture: ByteArray) -> Float32Array:
        """Subtract the local mean and divide by the local contrast, to reduce the effect of lighting."""
        bright = np.log1p(np.pad(picture, MARGIN, mode="symmetric").astype(np.float32))
        detail = bright - self._blurred(bright)
        contrast = np.sqrt(np.abs(self._blurred(detail**2)))
        return np.divide(detail, np.float32(0.2) + contrast, dtype=np.float32)

    def _blurred(self, picture: Float32Array) -> Float32Array:
        return np.fft.ifft2(np.fft.fft2(picture) * self._blur).real.astype(np.float32, copy=False)


def _frequencies(side: int) -> tuple[Float32Array, Float32Array]:
    """(side, side) horizontal and vertical frequencies in cycles per picture."""
    axis = (np.fft.fftfreq(side) * side).astype(np.float32)
    horizontal, vertical = np.meshgrid(axis, axis)
    return horizontal, vertical


def _low_pass(side: int) -> Float32Array:
    """(side, side) Gaussian low-pass that falls to half at 4 cycles per picture."""
    horizontal, vertical = _frequencies(side)
    blur: Float32Array = np.exp(-(horizontal**2 + vertical**2) * np.float32(np.log(2) / 16))
    return blur


def _gabor_bank(side: int) -> Float32Array:
    """(32, side, side) transfer functions: Gaussians in log-like polar frequency, scale by scale."""
    horizontal, vertical = _frequencies(side)
    radius, angle = np.hypot(horizontal, vertical), np.arctan2(vertical, horizontal)
    bank = np.empty((SCALES, ORIENTATIONS, side, side), np.float32)
    for scale in range(SCALES):
        centre = 0.35 * side / 1.85**scale
        along = np.exp(-3.5 * (radius / centre - 1) ** 2)
        for orientation in range(ORIENTATIONS):
            turn = np.angle(np.exp(1j * (angle - np.pi * orientation / ORIENTATIONS)))
            bank[scale, orientation] = along * np.exp(-2 * np.pi * turn**2)
    return bank.reshape(SCALES * ORIENTATIONS, side, side)


def _projection() -> Float32Array:
    """(256, 512) float32 with orthonormal rows: a subsampled randomised Hadamard transform.

    It preserves distances like a random projection (J. Tropp, arXiv:1011.1595). Signs and rows are derived from
    SHA-256, not a random generator, so they are the same in every version of NumPy.
    """
    hadamard = np.ones((1, 1), np.float32)
    while len(hadamard) < ENERGIES:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    draws = np.frombuffer(
        b"".join(hashlib.sha256(f"copytrace gist {i}".encode()).digest() for i in range(2 * ENERGIES)), ">u8"
    ).reshape(2 * ENERGIES, -1)[:, 0]
    signs = np.where(draws[:ENERGIES] % 2, np.float32(1), np.float32(-1))
    rows = np.argsort(draws[ENERGIES:], kind="stable")[:DIMS]
    return np.ascontiguousarray(hadamard[rows] * signs / np.float32(np.sqrt(ENERGIES)))
