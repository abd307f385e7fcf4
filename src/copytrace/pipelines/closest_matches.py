"""The closest pairs of a descriptor track submission: the predictions that the challenge judges."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import SearchError, SubmissionError
from copytrace.pipelines.candidates import named
from copytrace.pipelines.machines import check_machines
from copytrace.progress import SILENT
from copytrace.records import PAIRS_PER_QUERY, ClosestPairs
from copytrace.search import closest_pairs, closest_pairs_over
from copytrace.submissions import (
    DescriptorSubmission,
    open_descriptor_submission,
    open_frozen,
    open_queries_only,
    reference_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copytrace.engines import Engine
    from copytrace.progress import Progress
    from copytrace.records import Float32Array, IndexArray, Matches, Truth


def closest_matches(
    path: Path,
    frozen: Path | None,
    truth: Truth,
    *,
    engine: Engine | None = None,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> Matches:
    """The pairs that are judged: the 10 x (queries in the ground truth) closest pairs of these queries.

    Args:
        path: the submission (HDF5).
        frozen: the references, if the submission contains only queries.
        truth: only its queries are judged.
        engine: searches on other machines, if it has any.
        threads: search threads; None for one per core.
        memory: bytes that the search may use.
        progress: reports the progress of the search.

    Raises:
        SubmissionError: a file has faults, lacks a query or reference of the ground truth, or needs more than `memory`.
    """
    with _opened(path, frozen) as opened:
        rows = _rows_in_truth(opened, truth, path)
        _require_references(opened, truth, path)
        try:
            search = partial(closest_pairs, threads=threads)
            if engine is not None and engine.remote:
                check_machines(engine, source=frozen or path)
                search = partial(closest_pairs_over, engine, ship=engine.ships)
            pairs = search(
                _vectors(opened, rows, path),
                opened.reference,
                PAIRS_PER_QUERY * len(truth.query_ids),
                memory=memory,
                progress=progress,
            )
        except SearchError as error:
            raise SubmissionError([f"{path}: {error}"]) from error
        found = ClosestPairs(rows[pairs.query], pairs.reference, pairs.distance)
        return named(found, opened.query_ids, opened.reference_ids)


@contextmanager
def _opened(path: Path, frozen: Path | None) -> Iterator[DescriptorSubmission]:
    """The submission, or its queries together with the frozen references.

    Raises:
        SubmissionError: a file has faults, or the queries were made for other frozen references.
    """
    if frozen is None:
        with open_descriptor_submission(path) as opened:
            yield opened
        return
    with open_queries_only(path) as queries, open_frozen(frozen) as references:
        digest = reference_digest(references.ids, references.vectors)
        if digest != queries.reference_sha256:
            problem = (
                f"its references have the digest {queries.reference_sha256}; those of {frozen} have {digest}. "
                "Pack the queries again: copytrace pack QUERIES.h5 --frozen REFERENCES.h5"
            )
            raise SubmissionError([f"{path}: {problem}"])
        yield DescriptorSubmission(queries.query_ids, queries.query, references.ids, references.vectors)


def _rows_in_truth(opened: DescriptorSubmission, truth: Truth, path: Path) -> IndexArray:
    """The rows of the judged queries, ascending."""
    row_of = {query_id: row for row, query_id in enumerate(opened.query_ids)}
    missing = [query_id for query_id in truth.query_ids if query_id not in row_of]
    advice = "Describe the missing images, or use a ground truth of these queries only."
    _refuse_missing(path, missing, "query", f"which the ground truth judges. {advice}")
    return np.sort(np.array([row_of[query_id] for query_id in truth.query_ids], dtype=np.int64))


def _require_references(opened: DescriptorSubmission, truth: Truth, path: Path) -> None:
    """Refuse a ground truth with references that the submission lacks: they could never be found."""
    missing = sorted(set(truth.pair_reference_ids).difference(opened.reference_ids))
    advice = "Describe the missing images, or correct the ground truth."
    _refuse_missing(path, missing, "reference", f"which the ground truth names. {advice}")


def _refuse_missing(path: Path, missing: Sequence[str], kind: str, why: str) -> None:
    if missing:
        others = f" and {len(missing) - 1:,} more" if missing[1:] else ""
        raise SubmissionError([f"{path}: contains no vector for the {kind} {missing[0]}{others}, {why}"])


def _vectors(opened: DescriptorSubmission, rows: IndexArray, path: Path) -> Float32Array:
    """The vectors of the judged queries, in memory; the other queries may contain anything."""
    vectors: Float32Array = opened.query[:][rows]
    for position in np.flatnonzero(~np.isfinite(vectors).all(axis=1))[:1].tolist():
        row = int(rows[position])
        problem = (
            f"'query' row {row} ({opened.query_ids[row]}) contains a value that is not finite; expected finite "
            "numbers. Find all such rows: copytrace check SUBMISSION"
        )
        raise SubmissionError([f"{path}: {problem}"])
    return vectors
