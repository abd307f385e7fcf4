"""Chunks of a long description: each finished one is an entry of a ledger, so a killed run loses little.

An HDF5 file that is open when its process is killed is often unreadable. Finished chunks are therefore kept in a ledger
next to the output, under keys that identify their input, and joined at the end.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.descriptors import Choice, Model, descriptor_card, kept_model
from copytrace.engines import TwoSteps, one_by_one
from copytrace.errors import ImageError
from copytrace.images import ImageFile, fit, load_image, load_input, read_ahead
from copytrace.pipelines.views import DECODED_SIDE, TILES, shrunk
from copytrace.records import ByteArray, Failure, Float32Array

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from copytrace.engines import Engine, OnDeath, WorkerDiedError
    from copytrace.progress import Progress

CHUNK_IMAGES = 64
"""Images per chunk: the most that must be repeated if a worker is killed."""

_TEXTS = ("ids", "paths", "content_sha256", "fingerprints")
_LISTS = ("failed", "reasons"), ("incomplete", "warnings")
_SHOWN = 3


@dataclass(frozen=True)
class Chunk:
    """Consecutive images of a list, with the model that describes them.

    Attributes:
        images: the images.
        fingerprints: one per image, taken before it is read; see `fingerprint`.
        key: identifies the images and the model in a ledger.
        choice: the model.
        tiled: whether to describe parts of each image too.
    """

    images: Sequence[ImageFile]
    fingerprints: Sequence[str]
    key: str
    choice: Choice
    tiled: bool = False

    @property
    def size(self) -> int:
        """The number of images."""
        return len(self.images)


@dataclass(frozen=True)
class Part:
    """Described images as columns of a descriptor set, and those that could not be used.

    Attributes:
        ids: (n,) IDs of the usable images.
        vectors: (n, d) float32.
        bias: (n,) float32, if the model has a background.
        paths: (n,) relative to the source.
        content_sha256: (n,) SHA-256 of the files' bytes, in hexadecimal.
        fingerprints: (n,) of the files.
        failures: the other images, with reasons.
        warnings: images that are incomplete but could be used.
        tiles: (n, t, d) float32, vectors of parts of each image, if requested.
    """

    ids: Sequence[str]
    vectors: Float32Array
    bias: Float32Array | None
    paths: Sequence[str]
    content_sha256: Sequence[str]
    fingerprints: Sequence[str]
    failures: Sequence[Failure] = ()
    warnings: Sequence[Failure] = ()
    tiles: Float32Array | None = None


def split(
    images: Iterable[ImageFile], choice: Choice, model: Model, *, tiled: bool = False
) -> Iterator[Chunk]:
    """The chunks of `images`, in order; a key identifies the model and the images' fingerprints."""
    made_by = maker(model).encode()
    remaining = iter(images)
    while chunk := list(islice(remaining, CHUNK_IMAGES)):
        fingerprints = [fingerprint(image) for image in chunk]
        digest = hashlib.sha256(made_by + (b"tiles\0" if tiled else b""))
        for image, mark in zip(chunk, fingerprints, strict=True):
            digest.update(f"{image.id}\0{mark}\0".encode())
        yield Chunk(chunk, fingerprints, digest.hexdigest()[:32], choice, tiled)


def maker(model: Model) -> str:
    """Everything that affects a model's vectors, as one text for a key."""
    card = model.card
    device = "" if model.device == "cpu" else f"{model.device}\0"
    return f"{card.name}\0{card.sha256}\0{card.quality}\0{model.background_sha256}\0{device}"


def fingerprint(image: ImageFile) -> str:
    """16 hexadecimal digits that change when the image is moved or replaced, made without reading it."""
    try:
        version = image.fingerprint()
    except ImageError:
        # It is gone, and becomes a failure when it is read.
        version = f"{image.relative}:gone"
    archive = "" if image.size is None else Path(image.label or image.path).name
    return hashlib.sha256(f"{archive}\0{version}".encode(errors="surrogateescape")).hexdigest()[:16]


@dataclass(frozen=True)
class _Decoded:
    """The decoded pictures of a chunk, ready for its model.

    Attributes:
        images: the usable images.
        fingerprints: one per image.
        digests: SHA-256 of each file's bytes.
        pictures: one per image, in the model's input format.
        parts: likewise for the parts of each image, if the chunk is tiled.
        failures: the other images, with reasons.
        warnings: images that are incomplete.
        choice: the model.
        tiled: whether the chunk is tiled.
    """

    images: Sequence[ImageFile]
    fingerprints: Sequence[str]
    digests: Sequence[str]
    pictures: Sequence[ByteArray]
    parts: Sequence[ByteArray]
    failures: Sequence[Failure]
    warnings: Sequence[Failure]
    choice: Choice
    tiled: bool


def _decode(chunk: Chunk) -> _Decoded:
    rows: list[int] = []
    pictures: list[ByteArray] = []
    digests: list[str] = []
    parts: list[ByteArray] = []
    failures: list[Failure] = []
    warnings: list[Failure] = []
    wanted = descriptor_card(chunk.choice.model, chunk.choice.quality).input
    for row, image in enumerate(read_ahead(chunk.images)):
        try:
            warn = partial(_warn, warnings, image.name)
            picture, digest = load_input(image, wanted, warn), image.sha256()
            if chunk.tiled:
                large = shrunk(load_image(image, smallest_side=DECODED_SIDE))
                parts += [fit(part, wanted) for tile in TILES for part in tile.parts(large)]
        except ImageError as error:
            failures.append(Failure(error.name, error.reason))
        else:
            rows.append(row)
            pictures.append(picture)
            digests.append(digest)
    return _Decoded(
        [chunk.images[row] for row in rows],
        [chunk.fingerprints[row] for row in rows],
        digests,
        pictures,
        parts,
        failures,
        warnings,
        chunk.choice,
        chunk.tiled,
    )


def _warn(warnings: list[Failure], name: str, reason: str) -> None:
    warnings.append(Failure(name, reason))


def _describe(decoded: _Decoded) -> Part:
    model = kept_model(decoded.choice)
    vectors, bias = model.describe(decoded.pictures)
    return Part(
        ids=[image.id for image in decoded.images],
        vectors=vectors,
        bias=bias,
        paths=[image.relative for image in decoded.images],
        content_sha256=decoded.digests,
        fingerprints=decoded.fingerprints,
        failures=decoded.failures,
        warnings=decoded.warnings,
        tiles=_tiles(decoded.parts, model, vectors) if decoded.tiled else None,
    )


describe_chunk = TwoSteps(_decode, _describe)
"""Describes a chunk in a worker process, except for the second step if this process holds the GPU."""


def image_by_image(engine: Engine) -> OnDeath[Chunk, Part]:
    """Describe a chunk that killed its workers image by image; the faulty image becomes a failure."""
    return one_by_one(engine, describe_chunk, split=_images, join=_joined, fail=_failed)


def _images(chunk: Chunk) -> list[Chunk]:
    return [
        replace(chunk, images=[image], fingerprints=[mark])
        for image, mark in zip(chunk.images, chunk.fingerprints, strict=True)
    ]


def _joined(parts: Sequence[Part]) -> Part:
    """Join several parts; all or none have a bias, and all or none have tiles."""
    biases = [part.bias for part in parts if part.bias is not None]
    tiles = [part.tiles for part in parts if part.tiles is not None]
    return Part(
        **{name: [text for part in parts for text in getattr(part, name)] for name in _TEXTS},
        vectors=np.concatenate([part.vectors for part in parts]),
        bias=np.concatenate(biases) if biases else None,
        failures=[failure for part in parts for failure in part.failures],
        warnings=[warning for part in parts for warning in part.warnings],
        tiles=np.concatenate(tiles) if tiles else None,
    )


def _failed(chunk: Chunk, death: WorkerDiedError) -> Part:
    nothing = describe_chunk(replace(chunk, images=[], fingerprints=[]))
    return replace(nothing, failures=[Failure(image.name, death.blame) for image in chunk.images])


def note_incomplete(warnings: Sequence[Failure], progress: Progress) -> None:
    """Say which images are incomplete."""
    if warnings:
        first = "; ".join(f"{each.name}: {each.reason}" for each in warnings[:_SHOWN])
        more = f"; and {len(warnings) - _SHOWN:,} more" if len(warnings) > _SHOWN else ""
        progress.note(f"Images that end early ({len(warnings):,}): {first}{more}")


def pack_part(part: Part) -> bytes:
    """A part as a ledger entry."""
    arrays: dict[str, Any] = {name: _encoded(getattr(part, name)) for name in _TEXTS}
    arrays["vectors"] = part.vectors
    for (names, reasons), listed in zip(_LISTS, (part.failures, part.warnings), strict=True):
        arrays[names] = _encoded(each.name for each in listed)
        arrays[reasons] = _encoded(each.reason for each in listed)
    for name in ("bias", "tiles"):
        if (optional := getattr(part, name)) is not None:
            arrays[name] = optional
    entry = io.BytesIO()
    np.savez(entry, **arrays)
    return entry.getvalue()


def unpack_part(entry: bytes) -> Part:
    """Read what `pack_part` returned."""
    with np.load(io.BytesIO(entry), allow_pickle=False) as arrays:
        failures, warnings = (
            [Failure(*each) for each in zip(*(_decoded(arrays[name]) for name in names), strict=True)]
            # Entries of earlier versions have no warnings.
            if names[0] in arrays
            else []
            for names in _LISTS
        )
        return Part(
            **{name: _decoded(arrays[name]) for name in _TEXTS},
            vectors=arrays["vectors"],
            bias=arrays.get("bias"),
            failures=failures,
            warnings=warnings,
            tiles=arrays.get("tiles"),
        )


def _tiles(parts: Sequence[ByteArray], model: Model, vectors: Float32Array) -> Float32Array:
    """(n, t, d) the vectors of the parts of n images; parts are never queries, so they need no bias."""
    return model.describe(parts)[0].reshape(len(vectors), len(TILES), vectors.shape[1])


def _encoded(texts: Iterable[str]) -> npt.NDArray[np.bytes_]:
    """Texts in UTF-8, which takes a quarter of the space of NumPy's own texts."""
    return np.array([text.encode(errors="backslashreplace") for text in texts], dtype=np.bytes_)


def _decoded(texts: npt.NDArray[np.bytes_]) -> list[str]:
    return [text.decode() for text in texts.tolist()]
