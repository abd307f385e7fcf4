"""What an open descriptor set offers its readers."""

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
    """The header of a descriptor set; texts are empty if unknown.

    Attributes:
        path: the file, or the folder of sets.
        images: number of vectors.
        dims: their dimensions, without the bias.
        biased: whether each image has a bias.
        model: name of the descriptor.
        model_sha256: digest of the model's file.
        copytrace_version: version of copytrace that described the images.
        quality: quality setting of the descriptor.
        background_sha256: digest of the background that produced the bias.
        source: folder, list or URL of the images.
        device: device the descriptor ran on, `cpu` or `cuda`.
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
    """An open descriptor set: its header and its rows, most of which are read on access.

    Attributes:
        ids: n distinct IDs.
        vectors: (n, d), read by slices as float32.
        bias: (n,) float32 >= 0, or None.
        paths: paths of the n images, relative to the source, or URLs; None if unknown.
        content_sha256: SHA-256 of the n files' bytes, in hexadecimal; None if unknown.
        fingerprints: texts that change when the n files change; None if unknown.
        tiles: (n * t, d) vectors of t parts of each image, image by image; None without them.
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
        """The number of described parts per image; 0 for none."""
        return 0 if self.tiles is None else self.tiles.shape[0] // self.images

    def __len__(self) -> int:
        return self.images
