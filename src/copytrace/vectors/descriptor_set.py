"""Descriptor sets: HDF5 files with one vector per image, free of any role, as `describe` writes them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.records import Descriptors
from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5 import (
    has_member,
    judge_links,
    open_hdf5,
    open_numbers,
    read_attribute,
)
from copytrace.vectors.labelled import open_labelled
from copytrace.vectors.vectors import judge_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import h5py

    from copytrace.records import Float32Array
    from copytrace.vectors.hdf5 import StoredArray


@dataclass(frozen=True)
class StoredDescriptors:
    """A descriptor set in an open file; its vectors are read as they are sliced.

    Attributes:
        path: the file.
        ids: n distinct IDs.
        vectors: (n, d), read by slices as float32.
        model: name of the descriptor that made them.
        model_sha256: digest of the model's file, or empty.
        copytrace_version: the version that made them, or empty.
        bias: (n,) float32 >= 0, or None.
        quality: the quality at which the descriptor was used, or empty.
        background_sha256: digest of the background that the bias comes from, or empty.
    """

    path: Path
    ids: Sequence[str]
    vectors: StoredArray
    model: str
    model_sha256: str
    copytrace_version: str
    bias: Float32Array | None
    quality: str = ""
    background_sha256: str = ""

    def __len__(self) -> int:
        return len(self.ids)


@contextmanager
def open_descriptors(path: Path) -> Iterator[StoredDescriptors]:
    """Open a descriptor set; IDs and bias are read at once, the vectors as they are sliced.

    Raises:
        SubmissionError: the file is no sound descriptor set: a dataset or the model's name is missing, shapes
            do not fit, an ID is repeated, a bias is negative. The vectors' values are not looked at yet.
    """
    with open_hdf5(path) as file:
        faults = Faults(path)
        judge_links(file, faults)
        labelled = open_labelled(file, "vectors", "ids", faults)
        bias = _read_bias(file, faults)
        model = read_attribute(file, "model", faults)
        if not model:
            faults.add("has no attribute 'model'; a set as `copytrace describe` writes it is wanted.")
        digest = read_attribute(file, "model_sha256", faults)
        version = read_attribute(file, "copytrace_version", faults)
        quality = read_attribute(file, "quality", faults)
        background = read_attribute(file, "background_sha256", faults)
        if labelled.vectors is not None and bias is not None and len(bias) != len(labelled.vectors):
            faults.add(
                f"'bias' has {len(bias):,} values for {len(labelled.vectors):,} vectors; one each is wanted."
            )
        ids, vectors = labelled.sound(faults)
        yield StoredDescriptors(
            path,
            ids,
            vectors,
            model=model or "",
            model_sha256=digest or "",
            copytrace_version=version or "",
            bias=bias,
            quality=quality or "",
            background_sha256=background or "",
        )


def read_descriptors(path: Path) -> Descriptors:
    """Read a descriptor set as a whole.

    Raises:
        SubmissionError: as `open_descriptors`, or a vector is not finite.
    """
    with open_descriptors(path) as stored:
        faults = Faults(path)
        judge_values(stored.vectors, stored.ids, "'vectors'", faults)
        faults.raise_if_any()
        return Descriptors(
            ids=stored.ids,
            vectors=stored.vectors[:],
            model=stored.model,
            model_sha256=stored.model_sha256,
            copytrace_version=stored.copytrace_version,
            bias=stored.bias,
            quality=stored.quality,
            background_sha256=stored.background_sha256,
        )


def _read_bias(file: h5py.File, faults: Faults) -> Float32Array | None:
    """The bias of a set that has one, or None."""
    if not has_member(file, "bias", faults):
        return None
    stored = open_numbers(file, "bias", faults)
    if stored is None:
        return None
    bias: Float32Array = stored[:]
    for row in np.flatnonzero(~(np.isfinite(bias) & (bias >= 0)))[:1]:
        faults.add(f"'bias' is {bias[row]} in row {row}; finite numbers of at least 0 are wanted.")
    return bias
