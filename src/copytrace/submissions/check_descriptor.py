"""Checks a submission of the descriptor track against the IDs of a challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.errors import SubmissionError
from copytrace.submissions.descriptor_track import judge_queries_only, judge_submission
from copytrace.vectors.hdf5 import open_hdf5
from copytrace.vectors.id_rules import judge_against_list
from copytrace.vectors.vectors import judge_values

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from copytrace.vectors.faults import Faults
    from copytrace.vectors.labelled import Labelled

Facts = dict[str, int | float | str]


def check_descriptor(
    path: Path, queries: Collection[str] | None, references: Collection[str] | None, faults: Faults
) -> Facts:
    """Record all faults of a submission of queries and references.

    Args:
        path: the HDF5 file.
        queries: all query IDs of the challenge, each required; None: not checked.
        references: all reference IDs, likewise.
        faults: collects the faults.

    Returns:
        The file's content: queries, references, dimensions.

    Raises:
        SubmissionError: the file cannot be opened.
    """
    with open_hdf5(path) as file:
        query, reference = judge_submission(
            file, faults, queries=_count(queries), references=_count(references)
        )
        _judge_rows(query, "query", queries, faults)
        _judge_rows(reference, "reference", references, faults)
        return _facts({"queries": query, "references": reference})


def check_queries_only(
    path: Path, queries: Collection[str] | None, frozen: tuple[str, int] | None, faults: Faults
) -> Facts:
    """Record all faults of a queries-only submission of phase 2.

    Args:
        path: the HDF5 file.
        queries: all query IDs of the phase, each required; None: not checked.
        frozen: digest and dimensions of the frozen references; None: not compared.
        faults: collects the faults.

    Returns:
        The file's content: queries, dimensions, the references' digest.

    Raises:
        SubmissionError: the file cannot be opened.
    """
    with open_hdf5(path) as file:
        query, digest = judge_queries_only(file, faults, queries=_count(queries))
        _judge_rows(query, "query", queries, faults)
        if frozen is not None:
            _judge_frozen(query, digest, *frozen, faults)
        return _facts({"queries": query}) | ({"reference_sha256": digest} if digest else {})


def _count(ids: Collection[str] | None) -> int | None:
    return None if ids is None else len(ids)


def _judge_rows(labelled: Labelled, name: str, wanted: Collection[str] | None, faults: Faults) -> None:
    ids, vectors = labelled.ids, labelled.vectors
    if ids is not None and wanted is not None:
        judge_against_list(ids, wanted, f"'{name}_ids'", faults)
    if ids is not None and vectors is not None and len(ids) == len(vectors):
        try:
            judge_values(vectors, ids, repr(name), faults)
        except SubmissionError as error:  # The file is damaged in the middle of the values.
            faults.adopt(error)


def _judge_frozen(query: Labelled, digest: str, wanted: str, dims: int, faults: Faults) -> None:
    if digest and digest != wanted:
        faults.add(
            f"the attribute 'reference_sha256' is {digest}; expected {wanted}, the digest of the frozen references."
            " Pack the queries again, with the same references as in phase 1: copytrace pack QUERIES.h5 --frozen FILE"
        )
    if query.vectors is not None and query.vectors.shape[1] != dims:
        faults.add(
            f"'query' has {query.vectors.shape[1]} dims and the frozen references {dims}; expected the same number."
        )


def _facts(parts: dict[str, Labelled]) -> Facts:
    """The number of rows of each part, and the dimensions."""
    facts: Facts = {}
    dims: Facts = {}
    for name, part in parts.items():
        if part.vectors is not None:
            facts[name], dims["dimensions"] = part.vectors.shape
    return facts | dims
