"""The descriptor track: an HDF5 file with the vectors and IDs of all queries and references."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.vectors.faults import Faults, shown
from copytrace.vectors.hdf5 import has_member, judge_links, open_hdf5, read_attribute
from copytrace.vectors.labelled import open_labelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import h5py

    from copytrace.vectors.hdf5 import StoredArray
    from copytrace.vectors.labelled import Labelled
    from copytrace.vectors.vectors import Vectors

DIGEST_ATTRIBUTE = "reference_sha256"
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class DescriptorSubmission:
    """A submission in an open file; vectors are read by slices, never as a whole.

    Attributes:
        query_ids: n distinct IDs.
        query: (n, d), read by slices as float32; d <= 256.
        reference_ids: m distinct IDs.
        reference: (m, d), read by slices as float32.
    """

    query_ids: Sequence[str]
    query: StoredArray
    reference_ids: Sequence[str]
    reference: Vectors


@dataclass(frozen=True)
class QueriesOnly:
    """A submission of phase 2 in an open file: new queries for references that were submitted before.

    Attributes:
        query_ids: n distinct IDs.
        query: (n, d), read by slices as float32; d <= 256.
        reference_sha256: digest of the frozen references, see `reference_digest`.
    """

    query_ids: Sequence[str]
    query: StoredArray
    reference_sha256: str


@contextmanager
def open_descriptor_submission(path: Path) -> Iterator[DescriptorSubmission]:
    """Open a submission of the descriptor track.

    Raises:
        SubmissionError: a dataset is missing or cannot be read safely, shapes do not match, or an ID is repeated.
            `check_submission` checks whether the IDs belong to a challenge and the values are finite.
    """
    with open_hdf5(path) as file:
        faults = Faults(path)
        query, reference = judge_submission(file, faults)
        yield DescriptorSubmission(*query.sound(faults), *reference.sound(faults))


@contextmanager
def open_queries_only(path: Path) -> Iterator[QueriesOnly]:
    """Open a queries-only submission of phase 2.

    Raises:
        SubmissionError: as `open_descriptor_submission`, or the references' digest is missing.
    """
    with open_hdf5(path) as file:
        faults = Faults(path)
        query, digest = judge_queries_only(file, faults)
        yield QueriesOnly(*query.sound(faults), digest)


def judge_submission(
    file: h5py.File, faults: Faults, *, queries: int | None = None, references: int | None = None
) -> tuple[Labelled, Labelled]:
    """The queries and references of a submission; records all faults in shapes, types and IDs.

    `queries` and `references` are the expected numbers of IDs, if known.
    """
    judge_links(file, faults)
    query = open_labelled(file, "query", "query_ids", faults, listed=queries)
    reference = open_labelled(file, "reference", "reference_ids", faults, listed=references)
    if query.vectors is not None and reference.vectors is not None:
        dims = query.vectors.shape[1], reference.vectors.shape[1]
        if dims[0] != dims[1]:
            faults.add(f"'query' has {dims[0]} dims and 'reference' {dims[1]}; expected the same number.")
    return query, reference


def judge_queries_only(
    file: h5py.File, faults: Faults, *, queries: int | None = None
) -> tuple[Labelled, str]:
    """The queries of a queries-only submission, and the digest of its references, empty if it has a fault."""
    judge_links(file, faults)
    query = open_labelled(file, "query", "query_ids", faults, listed=queries)
    if has_member(file, "reference", faults):
        faults.add(
            "contains a dataset 'reference'; a queries-only submission must have none, since the references are frozen."
        )
    digest = (read_attribute(file, DIGEST_ATTRIBUTE, faults) or "").lower()
    if not _DIGEST.fullmatch(digest):
        found = shown(digest) if digest else "missing"
        faults.add(
            f"the attribute {DIGEST_ATTRIBUTE!r} is {found}; expected the SHA-256 of the frozen references, 64"
            " hexadecimal digits. `copytrace pack QUERIES.h5 --frozen REFERENCES.h5` writes it."
        )
        digest = ""
    return query, digest
