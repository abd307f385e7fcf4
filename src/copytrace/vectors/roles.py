"""Gives descriptor sets a role: the vectors they have as queries, and as references.

If a model has a score normalisation, each image has a bias b. A query's vector is extended by sqrt(b) and a
reference's by 0, so that their squared distance grows by exactly the query's bias:
|q - r|^2 + (sqrt(b) - 0)^2 = |q - r|^2 + b.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from copytrace.errors import DescriptorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.records import Float32Array
    from copytrace.vectors.stored_descriptors import StoredDescriptors
    from copytrace.vectors.vectors import Vectors


class DescriptorSource(Protocol):
    """A descriptor set in memory (`Descriptors`) or in a file (`StoredDescriptors`)."""

    @property
    def ids(self) -> Sequence[str]:
        """The n distinct IDs."""

    @property
    def vectors(self) -> Vectors:
        """(n, d) float32."""

    @property
    def bias(self) -> Float32Array | None:
        """(n,) float32 >= 0, if the model has a score normalisation."""

    @property
    def model(self) -> str:
        """Name of the descriptor that made the vectors."""

    @property
    def model_sha256(self) -> str:
        """Digest of the model's file, or empty."""

    @property
    def quality(self) -> str:
        """Quality setting of the descriptor; empty means `default`."""

    @property
    def background_sha256(self) -> str:
        """Digest of the background that produced the bias, or empty."""


class _WithColumn:
    """Rows followed by one more column."""

    dtype = np.dtype(np.float32)

    def __init__(self, rows: Vectors, column: Float32Array) -> None:
        self._rows = rows
        self._column = column
        self.shape = (rows.shape[0], rows.shape[1] + 1)
        chunks: tuple[int, ...] | None = getattr(rows, "chunks", None)
        self.chunks = chunks and (chunks[0], chunks[1] + 1)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice, /) -> Float32Array:
        return np.column_stack((self._rows[rows], self._column[rows]))


def query_vectors(descriptors: DescriptorSource) -> Vectors:
    """The vectors (n, d) of a set of queries, extended by sqrt(bias) if the set has a bias: (n, d + 1).

    They are read by slices; nothing is read or copied in advance.
    """
    if descriptors.bias is None:
        return descriptors.vectors
    return _WithColumn(descriptors.vectors, np.sqrt(descriptors.bias))


def reference_vectors(descriptors: DescriptorSource) -> Vectors:
    """The vectors (m, d) of a set of references, extended by 0 if the set has a bias: (m, d + 1)."""
    if descriptors.bias is None:
        return descriptors.vectors
    return _WithColumn(descriptors.vectors, np.zeros_like(descriptors.bias))


def tile_vectors(descriptors: StoredDescriptors) -> Vectors | None:
    """The vectors of the parts of references, in the role of references; None if there are none."""
    if descriptors.tiles is None or descriptors.bias is None:
        return descriptors.tiles
    return _WithColumn(descriptors.tiles, np.zeros(descriptors.tiles.shape[0], np.float32))


def require_same_model(queries: DescriptorSource, references: DescriptorSource) -> None:
    """Refuse two sets that cannot be compared.

    Raises:
        DescriptorError: they were made by different models, model files or qualities or with different
            backgrounds, only one has a bias, or their dimensions differ.
    """
    one = "one model: copytrace describe"
    properties = (
        ("the model", queries.model, references.model, one),
        ("the model's digest (model_sha256)", queries.model_sha256, references.model_sha256, one),
        ("the quality", queries.quality or "default", references.quality or "default", "one --quality"),
        (
            "the background's digest",
            queries.background_sha256,
            references.background_sha256,
            "one --background",
        ),
        ("the number of dimensions", queries.vectors.shape[1], references.vectors.shape[1], one),
        ("whether there is a bias", queries.bias is not None, references.bias is not None, one),
    )
    for name, query, reference, remedy in properties:
        if query != reference:
            raise DescriptorError(
                f"{name} differs: {query!r} for the queries, {reference!r} for the references. Describe both with"
                f" {remedy}"
            )
