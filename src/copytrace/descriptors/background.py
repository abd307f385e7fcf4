"""Score normalisation: pictures that resemble many unrelated ones must be closer to count as copies.

A query's mean similarity s(q) to its nearest neighbours in a bank of background vectors is added to all its squared
distances, with a weight and shifted so that it is never negative: b(q) = weight * (1 + s(q)). vectors/roles.py turns
it into one more dimension, sqrt(b) for queries and 0 for references, so any index of plain Euclidean distances ranks
by the normalised score: |q~ - r~|^2 = 2 - 2 q.r + b(q) for vectors of length 1. This equals subtracting
weight / 2 * s(q) from the similarity q.r, as in M. Douze et al., arXiv:2106.09672.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.records import Float32Array


@dataclass(frozen=True)
class Normalisation:
    """How much the similarity to the background counts.

    Attributes:
        weight: how many times the mean similarity is added to a squared distance; above 0.
        first: the rank, from 0, of the first neighbour in the bank that counts.
        last: the rank after the last one, so that `last - first` neighbours count.
        most: the largest bias, or None. Without a cap, a picture close to the background would not match its own file.
    """

    weight: float = 2.0
    first: int = 0
    last: int = 3
    most: float | None = None


@dataclass(frozen=True)
class Projection:
    """Principal components of the background, which reduce vectors to fewer dimensions, of length 1.

    Attributes:
        mean: (D,) float32, subtracted first.
        axes: (d, D) float32, rows divided by the spread along them.
    """

    mean: Float32Array
    axes: Float32Array

    def __call__(self, vectors: Float32Array) -> Float32Array:
        """Project (n, D) to (n, d) float32 of length 1, each row separately."""
        projected = np.empty((len(vectors), len(self.axes)), np.float32)
        for row, vector in zip(projected, vectors, strict=True):
            row[:] = _unit(_product(self.axes, vector - self.mean))
        return projected


@dataclass(frozen=True)
class Background:
    """Vectors of images that are not copies of anything searched for, fitted to one model.

    Attributes:
        bank: (k, d) int8; a vector is a row times the scale.
        scale: float32 scalar or (k, 1).
        normalisation: how to use the bank.
        projection: applied first, if the model has too many dimensions; or None.
        model: the model that it was fitted to; empty if it came with the model.
        model_sha256: digest of that model's file.
        quality: quality setting of that model.
        threshold: squared distance up to which a pair is called a likely copy; None for the model's own.
        threshold_source: origin of the threshold.
    """

    bank: npt.NDArray[np.int8]
    scale: Float32Array
    normalisation: Normalisation
    projection: Projection | None = None
    model: str = ""
    model_sha256: str = ""
    quality: str = ""
    threshold: float | None = None
    threshold_source: str = ""

    @cached_property
    def vectors(self) -> Float32Array:
        """The bank as vectors, (k, d) float32."""
        return self.bank.astype(np.float32) * self.scale

    @property
    def dims(self) -> int:
        """Dimensions of the vectors compared with the bank, without the bias."""
        return int(self.bank.shape[1])

    @property
    def takes_dims(self) -> int:
        """Dimensions of the input vectors."""
        return self.dims if self.projection is None else len(self.projection.mean)

    @property
    def sha256(self) -> str:
        """Digest of everything that affects `applied`, except the cap on the bias.

        Vectors described without the cap stay comparable: it only shifts all scores of a query together.
        """
        how = self.normalisation
        digest = hashlib.sha256(f"{float(how.weight)} {how.first} {how.last}".encode())
        for array in (self.bank, self.scale, *((p.mean, p.axes) if (p := self.projection) else ())):
            digest.update(f"{array.shape} {array.dtype.str}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def applied(self, vectors: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Project vectors if needed, and compute each bias; each row separately, to the last bit.

        Args:
            vectors: (n, D) float32, of length 1.

        Returns:
            (n, d) float32 of length 1 and (n,) float32 >= 0.
        """
        if self.projection is not None:
            vectors = self.projection(vectors)
        return vectors, np.array(
            [bias_of(_product(self.vectors, vector), self.normalisation) for vector in vectors], np.float32
        )


def bias_of(similarities: Float32Array, normalisation: Normalisation) -> float:
    """The bias of an image: weight * (1 + mean similarity at ranks `first` up to `last`), from 0 to `most`.

    Args:
        similarities: (k,) float32, between the image's vector and each in the bank, in any order.
        normalisation: which of them count, and how much. In a smaller bank, the last ones count.

    >>> bias_of(np.array([0.5, -0.5, 0.25], np.float32), Normalisation(weight=2, first=0, last=2))
    2.75
    """
    last = min(normalisation.last, len(similarities))
    first = min(normalisation.first, last - 1)
    nearest = np.sort(np.partition(-similarities, last - 1)[:last])[first:]
    bias = normalisation.weight * (1 - float(nearest.astype(np.float64).mean()))
    return float(np.clip(bias, 0, normalisation.most))


def biases(similarities: Float32Array, normalisation: Normalisation) -> Float32Array:
    """(n,) the biases of n images from (n, k) similarities, equal to `bias_of` except for the last bits; faster."""
    last = min(normalisation.last, similarities.shape[1])
    first = min(normalisation.first, last - 1)
    nearest = np.sort(np.partition(-similarities, last - 1, axis=1)[:, :last], axis=1)[:, first:]
    bias = np.clip(normalisation.weight * (1 - nearest.mean(axis=1)), 0, normalisation.most)
    return np.asarray(bias, np.float32)


def _product(matrix: Float32Array, vector: Float32Array) -> Float32Array:
    """(k, d) times (d,), with the same bits for any number of threads, which BLAS does not guarantee."""
    product: Float32Array = np.einsum("kd,d->k", matrix, vector, optimize=False)
    return product


def _unit(vector: Float32Array) -> Float32Array:
    """The vector scaled to length 1; one of length 0 stays as it is."""
    length = np.sqrt(np.einsum("d,d->", vector, vector, optimize=False))
    return vector / length if length > 0 else vector
