"""What an open descriptor set is to those who read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copytrace.records import Float32Array
    from copytrace.vectors.vectors import Vectors


@dataclass(frozen=True)
class Header:
    """What a descriptor set says of itself; texts are empty where it says nothing.

    Attributes:
        path: the file, or the folder of sets.
        images: the number of its vectors.
        dims: their dimensions, without the bias.
        biased: whether each image has a bias.
        model: name of the descriptor that made them.
        model_sha256: digest of the model's file.
        copytrace_version: the version that made them.
        quality: the quality at which the descriptor was used.
        background_sha256: digest of the background that the bias comes from.
        source: the folder, list or URL that the images come from.
        device: what the descriptor ran on, `cpu` or `cuda`.
    """

    path: Path
    images: int
    dims: int
    biased: bool
    model: str
    model_sha256: str
    copytrace_version: str
    quality: str
    background_sha256: str
    source: str
    device: str


@dataclass(frozen=True)
class StoredDescriptors(Header):
    """An open descriptor set: its header and its rows, most of which are read as they are asked for.

    Attributes:
        ids: n distinct IDs.
        vectors: (n, d), read by slices as float32.
        bias: (n,) float32 >= 0, or None.
        paths: where the n images lie: relative to the source, or URLs; None where the set does not know.
        content_sha256: SHA-256 of the n files' bytes, in hexadecimal; None where the set does not know.
        fingerprints: texts that change when the n files do; None where the set does not know.
        tiles: (n * t, d) the vectors of t parts of each image, one image after the other; None without them.
    """

    ids: Sequence[str]
    vectors: Vectors
    bias: Float32Array | None
    paths: Sequence[str] | None
    content_sha256: Sequence[str] | None
    fingerprints: Sequence[str] | None
    tiles: Vectors | None = None

    @property
    def tiles_per_image(self) -> int:
        """How many parts of each image are described; 0 for none."""
        return 0 if self.tiles is None else self.tiles.shape[0] // self.images

    def __len__(self) -> int:
        return self.images
