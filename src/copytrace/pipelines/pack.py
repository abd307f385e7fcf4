"""Packs descriptor sets into a submission of the descriptor track."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import DescriptorError, InputError, SubmissionError
from copytrace.files import check_output
from copytrace.progress import SILENT, Progress
from copytrace.submissions import (
    check_submission,
    open_frozen,
    reference_digest,
    write_descriptor_submission,
    write_queries_only,
)
from copytrace.vectors import open_descriptors, query_vectors, require_same_model

if TYPE_CHECKING:
    from copytrace.records import Report


def pack(
    queries: Path | str,
    references: Path | str | None,
    output: Path | str,
    *,
    frozen: Path | str | None = None,
    replace: bool = False,
    progress: Progress = SILENT,
) -> Report:
    """Write a submission from the descriptor sets of queries and references, and check the result.

    Args:
        queries: the descriptor set of the queries.
        references: the descriptor set of the references, in phase 1; None with `frozen`.
        output: the HDF5 file to write.
        frozen: in phase 2, the descriptor set or submission with the frozen references; only the queries are then
            written, with the references' digest.
        replace: an existing file at `output` may be replaced.
        progress: reports progress.

    Returns:
        The report on the written file; it is valid.

    Raises:
        InputError: a set is not sound, the two were made by different models or differ in dimensions, there are more
            than 256 dimensions including the bias, or a vector is not finite.
    """
    check_output(Path(output), replace=replace, inputs=(queries, references, frozen))
    if references is not None and frozen is None:
        report = _pack_both(Path(queries), Path(references), Path(output), progress)
    elif frozen is not None and references is None:
        report = _pack_queries_only(Path(queries), Path(frozen), Path(output), progress)
    else:
        raise InputError(
            "pack needs two inputs: the queries, and either the references (phase 1) or the frozen references"
            " (phase 2: --frozen)."
        )
    if not report.valid:
        raise SubmissionError(report.faults)
    return report


def _pack_both(queries: Path, references: Path, output: Path, progress: Progress) -> Report:
    with open_descriptors(queries) as query_set, open_descriptors(references) as reference_set:
        write_descriptor_submission(output, query_set, reference_set, progress=progress)
        return check_submission(
            output, queries=query_set.ids, references=reference_set.ids, track="descriptor"
        )


def _pack_queries_only(queries: Path, frozen: Path, output: Path, progress: Progress) -> Report:
    with open_descriptors(queries) as query_set, open_frozen(frozen) as references:
        if references.descriptors is not None:
            require_same_model(query_set, references.descriptors)
        dims = query_vectors(query_set).shape[1], references.vectors.shape[1]
        if dims[0] != dims[1]:
            raise DescriptorError(
                f"{queries}: has {dims[0]} dims, including any bias; the frozen references in {frozen} have"
                f" {dims[1]}. Describe the queries with the references' model."
            )
        digest = reference_digest(references.ids, references.vectors)
        write_queries_only(output, query_set, digest, progress=progress)
        return check_submission(output, queries=query_set.ids, queries_only=True)
