"""Writes submissions of the descriptor track from descriptor sets, block by block."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import h5py
import numpy as np

from copytrace.errors import DescriptorError
from copytrace.files import whole_file
from copytrace.progress import SILENT, Progress
from copytrace.records import MAX_DIMS
from copytrace.submissions.descriptor_track import DIGEST_ATTRIBUTE
from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5 import create_hdf5
from copytrace.vectors.id_rules import judge_ids
from copytrace.vectors.roles import query_vectors, reference_vectors, require_same_model
from copytrace.vectors.vectors import blocks, check_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copytrace.vectors.roles import DescriptorSource
    from copytrace.vectors.vectors import Vectors


def write_descriptor_submission(
    path: Path, queries: DescriptorSource, references: DescriptorSource, *, progress: Progress = SILENT
) -> None:
    """Write a submission from two descriptor sets; a bias becomes one more dimension.

    Raises:
        DescriptorError: the sets were made by different models, have more than 256 dims including the bias, or a
            vector is not finite.
        SubmissionError: an ID is repeated or cannot be written.
    """
    require_same_model(queries, references)
    with _new_submission(path) as file:
        _write_rows(path, file, "query", queries.ids, query_vectors(queries), progress=progress)
        _write_rows(path, file, "reference", references.ids, reference_vectors(references), progress=progress)


def write_queries_only(
    path: Path, queries: DescriptorSource, reference_sha256: str, *, progress: Progress = SILENT
) -> None:
    """Write a queries-only submission of phase 2; `reference_sha256` is the `reference_digest`.

    Raises:
        DescriptorError: more than 256 dims including the bias, or a vector is not finite.
        SubmissionError: an ID is repeated or cannot be written.
    """
    with _new_submission(path) as file:
        _write_rows(path, file, "query", queries.ids, query_vectors(queries), progress=progress)
        file.attrs[DIGEST_ATTRIBUTE] = reference_sha256


@contextmanager
def _new_submission(path: Path) -> Iterator[h5py.File]:
    with whole_file(path) as temporary, create_hdf5(temporary) as file:
        yield file


def _write_rows(
    path: Path, file: h5py.File, name: str, ids: Sequence[str], rows: Vectors, *, progress: Progress
) -> None:
    """Write a matrix and its IDs, contiguous and uncompressed, so that any reader is fast."""
    faults = Faults(path)
    judge_ids(ids, f"{name}_ids", faults)
    faults.raise_if_any()
    if len(rows.shape) != 2 or rows.shape[0] != len(ids) or not 1 <= rows.shape[1] <= MAX_DIMS:  # noqa: PLR2004 - rows, dims
        raise DescriptorError(
            f"{path}: not written: {name!r} would be {rows.shape} for {len(ids):,} IDs, with a bias as a"
            f" dimension; expected 1 to {MAX_DIMS} dims. Use a model with fewer: copytrace models"
        )
    dataset = file.create_dataset(name, rows.shape, np.float32)
    with progress.task(f"write {name}", rows.shape[0], "vectors") as bar:
        for start, block in blocks(rows):
            stop = start + len(block)
            check_values(block, ids[start:stop], f"{path}: not written")
            dataset[start:stop] = block
            bar.advance(len(block))
    encoded = [image_id.encode() for image_id in ids]
    text = h5py.string_dtype("utf-8", max(map(len, encoded)))
    file.create_dataset(f"{name}_ids", data=np.array(encoded, text))
