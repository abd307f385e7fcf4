"""Descriptor sets: HDF5 files with one vector per image and no role, as `describe` writes them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import SubmissionError
from copytrace.records import MAX_DIMS, Descriptors
from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5 import (
    StoredTexts,
    has_member,
    judge_links,
    open_hdf5,
    open_matrix,
    open_numbers,
    open_texts,
    read_attribute,
)
from copytrace.vectors.input_file import set_files
from copytrace.vectors.labelled import open_labelled
from copytrace.vectors.set_folder import joined
from copytrace.vectors.stored_descriptors import Header, StoredDescriptors
from copytrace.vectors.vectors import judge_values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import h5py

    from copytrace.records import Float32Array
    from copytrace.vectors.hdf5 import StoredArray

_TEXTS = ("model", "model_sha256", "copytrace_version", "quality", "background_sha256", "source", "device")
"""The attributes of a set."""

_COLUMNS = ("paths", "content_sha256", "fingerprints")
"""Optional per-image data of a set."""


def read_header(path: Path) -> Header:
    """Read the header of a descriptor set without its IDs: as fast for a million images as for one.

    Raises:
        SubmissionError: the file is not a descriptor set. Its rows are not checked.
    """
    with open_hdf5(path) as file:
        faults = Faults(path)
        judge_links(file, faults)
        vectors = open_matrix(file, "vectors", faults, most_dims=MAX_DIMS)
        header = _header(path, file, vectors, faults)
        faults.raise_if_any()
        return header


def map_vectors(path: Path) -> Float32Array:
    """Memory-map the vectors (n, d) of a descriptor set if they are contiguous; nothing else is read.

    Raises:
        SubmissionError: the file has no sound vectors. Their values are not checked.
    """
    with open_hdf5(path) as file:
        faults = Faults(path)
        judge_links(file, faults)
        vectors = open_matrix(file, "vectors", faults, most_dims=MAX_DIMS)
        if faults or vectors is None:
            raise SubmissionError(faults.sentences())
        return vectors.mapped()


@contextmanager
def open_descriptors(path: Path) -> Iterator[StoredDescriptors]:
    """Open a descriptor set, or a folder of sets as one. IDs and bias are read at once, the rest on access.

    Raises:
        SubmissionError: the file is not a sound descriptor set: a dataset or the model's name is missing, shapes do
            not match, an ID is repeated, a bias is negative; or the sets of a folder do not belong together. The
            vectors' values are not checked yet.
    """
    files = set_files(path) if path.is_dir() else []
    if not files:
        with _open_set(path) as stored:
            yield stored
        return
    with ExitStack() as opened:
        yield StoredDescriptors(**joined(path, [opened.enter_context(_open_set(file)) for file in files]))


@contextmanager
def _open_set(path: Path) -> Iterator[StoredDescriptors]:
    """Open a set in a single file."""
    with open_hdf5(path) as file:
        faults = Faults(path)
        judge_links(file, faults)
        labelled = open_labelled(file, "vectors", "ids", faults)
        bias = _read_bias(file, faults)
        header = _header(path, file, labelled.vectors, faults)
        if labelled.vectors is not None and bias is not None and len(bias) != header.images:
            faults.add(f"'bias' has {len(bias):,} values for {header.images:,} vectors; expected one each.")
        paths, digests, fingerprints = (_open_column(file, name, header, faults) for name in _COLUMNS)
        tiles = _open_tiles(file, header, faults)
        ids, vectors = labelled.sound(faults)
        yield StoredDescriptors(
            **vars(header),
            ids=ids,
            vectors=vectors,
            bias=bias,
            paths=paths,
            content_sha256=digests,
            fingerprints=fingerprints,
            tiles=tiles,
        )


def read_descriptors(path: Path) -> Descriptors:
    """Read a whole descriptor set.

    Raises:
        SubmissionError: as `open_descriptors`, or a vector is not finite.
    """
    with open_descriptors(path) as stored:
        faults = Faults(path)
        judge_values(stored.vectors, stored.ids, "'vectors'", faults)
        faults.raise_if_any()
        return Descriptors(
            ids=list(stored.ids),
            vectors=stored.vectors[:],
            model=stored.model,
            model_sha256=stored.model_sha256,
            copytrace_version=stored.copytrace_version,
            bias=stored.bias,
            quality=stored.quality,
            background_sha256=stored.background_sha256,
            source=stored.source,
            device=stored.device,
            paths=None if stored.paths is None else list(stored.paths),
            content_sha256=None if stored.content_sha256 is None else list(stored.content_sha256),
        )


def _header(path: Path, file: h5py.File, vectors: StoredArray | None, faults: Faults) -> Header:
    texts = {name: read_attribute(file, name, faults) or "" for name in _TEXTS}
    if not texts["model"]:
        faults.add("has no attribute 'model'; expected a set written by `copytrace describe`.")
    images, dims = (0, 0) if vectors is None else vectors.shape
    return Header(path, images, dims, has_member(file, "bias", faults), **texts)


def _open_column(file: h5py.File, name: str, header: Header, faults: Faults) -> StoredTexts | None:
    """Open an optional text column of a set; None if absent."""
    if not has_member(file, name, faults):
        return None
    stored = open_texts(file, name, faults)
    if stored is None:
        return None
    if len(stored) != header.images:
        faults.add(f"{name!r} has {len(stored):,} texts for {header.images:,} vectors; expected one each.")
    return StoredTexts(stored)


def _open_tiles(file: h5py.File, header: Header, faults: Faults) -> StoredArray | None:
    """Open the vectors of image parts; None if absent."""
    if not has_member(file, "tiles", faults):
        return None
    tiles = open_matrix(file, "tiles", faults, most_dims=MAX_DIMS)
    if tiles is not None and (len(tiles) % max(1, header.images) or tiles.shape[1] != header.dims):
        faults.add(
            f"'tiles' is {tiles.shape} for vectors {(header.images, header.dims)};"
            " expected the same number for each image."
        )
    return tiles


def _read_bias(file: h5py.File, faults: Faults) -> Float32Array | None:
    """Read the bias of a set; None if absent."""
    if not has_member(file, "bias", faults):
        return None
    stored = open_numbers(file, "bias", faults)
    if stored is None:
        return None
    bias: Float32Array = stored[:]
    for row in np.flatnonzero(~(np.isfinite(bias) & (bias >= 0)))[:1]:
        faults.add(f"'bias' is {bias[row]} in row {row}; expected finite numbers, at least 0.")
    return bias
