"""Chunks of a long description: each finished one is a closed file, so that a killed run loses little.

An HDF5 file that is killed while open is often unreadable. Finished chunks are therefore kept as small files
in a folder beside the output, named after what they were made from, and put together at the end.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.descriptors import Choice, Model, kept_model
from copytrace.errors import ImageError
from copytrace.files import whole_file
from copytrace.images import ImageFile, load_input, read_ahead
from copytrace.records import ByteArray, Failure, Float32Array

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CHUNK_IMAGES = 64
"""Images in a chunk: what a killed worker has to repeat at most."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive images of a list, and the file that their vectors go to."""

    images: Sequence[ImageFile]
    part: Path
    choice: Choice

    @property
    def size(self) -> int:
        """The number of images."""
        return len(self.images)


@dataclass(frozen=True)
class Part:
    """What a finished chunk holds: its good images with their vectors and biases, its bad ones with reasons."""

    ids: Sequence[str]
    vectors: Float32Array
    bias: Float32Array | None
    failures: Sequence[Failure]


def split(images: Sequence[ImageFile], choice: Choice, model: Model, folder: Path) -> Iterator[Chunk]:
    """The chunks of `images`, in order; a part's name stands for its model and its images' fingerprints."""
    card = model.card
    made_by = f"{card.name}\0{card.sha256}\0{card.quality}\0{model.background_sha256}\0".encode()
    for start in range(0, len(images), CHUNK_IMAGES):
        chunk = list(images[start : start + CHUNK_IMAGES])
        digest = hashlib.sha256(made_by)
        for image in chunk:
            digest.update(f"{image.id}\0{_fingerprint(image)}\0".encode(errors="surrogateescape"))
        yield Chunk(chunk, folder / f"{digest.hexdigest()[:32]}.npz", choice)


def _fingerprint(image: ImageFile) -> str:
    """The image's fingerprint; none for one that has gone, which is a failure when its turn comes."""
    try:
        return image.fingerprint()
    except ImageError:
        return "gone"


def describe_chunk(chunk: Chunk) -> Path:
    """Describe a chunk and write its part, whose path is returned; runs in a worker process."""
    part = describe_images(chunk.images, _loaded(chunk.choice))
    arrays: dict[str, Any] = {
        "ids": np.array(part.ids, dtype=np.str_),
        "vectors": part.vectors,
        "failed": np.array([failure.name for failure in part.failures], dtype=np.str_),
        "reasons": np.array([failure.reason for failure in part.failures], dtype=np.str_),
    }
    if part.bias is not None:
        arrays["bias"] = part.bias
    with whole_file(chunk.part) as path, path.open("wb") as file:
        np.savez(file, **arrays)
    return chunk.part


def read_part(path: Path) -> Part:
    """Read what `describe_chunk` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        failed, reasons = arrays["failed"].tolist(), arrays["reasons"].tolist()
        return Part(
            arrays["ids"].tolist(),
            arrays["vectors"],
            arrays.get("bias"),
            [Failure(*pair) for pair in zip(failed, reasons, strict=True)],
        )


def describe_images(images: Sequence[ImageFile], model: Model) -> Part:
    """Decode and describe images; those that cannot be used are failures, not errors."""
    ids: list[str] = []
    pictures: list[ByteArray] = []
    failures: list[Failure] = []
    for image in read_ahead(images):
        try:
            picture = load_input(image, model.card.input)
        except ImageError as error:
            failures.append(Failure(error.name, error.reason))
        else:
            ids.append(image.id)
            pictures.append(picture)
    return Part(ids, *model.describe(pictures), failures)


def _loaded(choice: Choice) -> Model:
    """The model, loaded once in each worker process."""
    return kept_model(choice)
