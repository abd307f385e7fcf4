"""Visual words: SIFT descriptors quantised coarsely to words, and finely to signatures of 64 bits within a word.

Words: one of 256 centres for each half of a descriptor (inverted multi-index: Babenko and Lempitsky, CVPR 2012).
Signatures: the signs of random projections (Hamming embedding: Jégou et al., ECCV 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from copytrace.records import ByteArray, Float32Array, IndexArray

    SignatureArray = NDArray[np.uint64]

SHIPPED = "vocabulary.npz"
CENTRES = 256
"""Centres per half."""
WORDS = CENTRES**2
HALF, BITS = 64, 64
NEARBY = 4
"""Words of a query's point: its own, and the next ones, since an edit may move it across a border."""
_TRIED = 6
"""Nearest centres of each half from which those words are combined."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Centres and projections; `scripts/fit_vocabulary` makes them.

    Attributes:
        centres: (2, 256, 64) float32, for the first and the second half of a descriptor of unit length.
        projections: (128, 64) float32, orthonormal columns.
    """

    centres: Float32Array
    projections: Float32Array

    def word(self, descriptors: ByteArray) -> tuple[IndexArray, SignatureArray]:
        """(k,) the word of each of (k, 128) RootSIFT descriptors, and (k,) their signatures."""
        points = unit_length(descriptors)
        first, second = (apart.argmin(axis=1) for apart in self._apart(points))
        words = first * CENTRES + second
        return words, self._signatures(points @ self.projections, words)

    def nearby(self, descriptors: ByteArray) -> tuple[IndexArray, SignatureArray]:
        """(k, 4) the nearest words of each of (k, 128) RootSIFT descriptors, and (k, 4) their signatures there."""
        points = unit_length(descriptors)
        nearest, apart = [], []
        for distances in self._apart(points):
            some = _smallest(distances, _TRIED)
            nearest.append(some)
            apart.append(np.take_along_axis(distances, some, axis=1))
        total = (apart[0][:, :, None] + apart[1][:, None, :]).reshape(len(points), -1)
        words = (nearest[0][:, :, None] * CENTRES + nearest[1][:, None, :]).reshape(len(points), -1)
        chosen = np.take_along_axis(words, _smallest(total, NEARBY), axis=1)
        projected = np.repeat(points @ self.projections, NEARBY, axis=0)
        return chosen, self._signatures(projected, chosen.ravel()).reshape(chosen.shape)

    def _apart(self, points: Float32Array) -> list[Float32Array]:
        """(k, 256) squared distances of both halves from their centres, less a constant per point."""
        return [
            (centres**2).sum(axis=1) - 2 * (half @ centres.T)
            for centres, half in zip(self.centres, (points[:, :HALF], points[:, HALF:]), strict=True)
        ]

    def _signatures(self, projected: Float32Array, words: IndexArray) -> SignatureArray:
        """(k,) on which side of their words' centres (k, 64) projected points lie."""
        first, second = self.centres @ self.projections.reshape(2, HALF, BITS)
        centres = first[words // CENTRES] + second[words % CENTRES]
        signatures: SignatureArray = np.packbits(projected > centres, axis=1).view(np.uint64)[:, 0]
        return signatures


def _smallest(values: Float32Array, count: int) -> IndexArray:
    """(k, count) the columns of the smallest values of each row, ascending; faster than `argpartition` for a few."""
    left, rows = values.copy(), np.arange(len(values))
    found = np.empty((len(values), count), np.int64)
    for number in range(count):
        found[:, number] = left.argmin(axis=1)
        left[rows, found[:, number]] = np.inf
    return found


def unit_length(descriptors: ByteArray) -> Float32Array:
    """(k, 128) float32, the descriptors scaled to length 1."""
    points = descriptors.astype(np.float32)
    points /= np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-6)
    return points


@cache
def shipped_vocabulary() -> Vocabulary:
    """The vocabulary that ships with copytrace."""
    with (
        as_file(files("copytrace.matching").joinpath(SHIPPED)) as path,
        np.load(path, allow_pickle=False) as kept,
    ):
        return Vocabulary(kept["centres"].astype(np.float32), kept["projections"].astype(np.float32))
