"""The closest pairs of a submission of the descriptor track: the predictions that the challenge judges."""

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
    """The pairs that are judged: of a query in the truth, the 10 x (queries in the truth) closest of all.

    Args:
        path: the submission (HDF5).
        frozen: the references, if the submission holds queries only.
        truth: its queries are judged.
        engine: searches on other machines, if it has any.
        threads: threads that search; None takes one per core.
        memory: bytes that the search may use.
        progress: hears how far the search is.

    Raises:
        SubmissionError: a file has faults, lacks a query or a reference of the truth, or is too large for `memory`.
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
    """The submission, or its queries together with the references that are frozen.

    Raises:
        SubmissionError: a file has faults, or the frozen references are others than the queries were made for.
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
    """The rows of the queries that are judged, rising."""
    row_of = {query_id: row for row, query_id in enumerate(opened.query_ids)}
    missing = [query_id for query_id in truth.query_ids if query_id not in row_of]
    advice = "Describe the missing images, or give the truth of these queries only."
    _refuse_missing(path, missing, "query", f"which the truth judges; each is wanted. {advice}")
    return np.sort(np.array([row_of[query_id] for query_id in truth.query_ids], dtype=np.int64))


def _require_references(opened: DescriptorSubmission, truth: Truth, path: Path) -> None:
    """Refuse a truth with references that the submission lacks: nobody could find them."""
    missing = sorted(set(truth.pair_reference_ids).difference(opened.reference_ids))
    advice = "Describe the missing images, or correct the truth."
    _refuse_missing(path, missing, "reference", f"which the truth names. {advice}")


def _refuse_missing(path: Path, missing: Sequence[str], kind: str, why: str) -> None:
    if missing:
        others = f" and {len(missing) - 1:,} more" if missing[1:] else ""
        raise SubmissionError([f"{path}: there is no vector of the {kind} {missing[0]}{others}, {why}"])


def _vectors(opened: DescriptorSubmission, rows: IndexArray, path: Path) -> Float32Array:
    """The vectors of the queries that are judged, in memory; the other queries may hold anything."""
    vectors: Float32Array = opened.query[:][rows]
    for position in np.flatnonzero(~np.isfinite(vectors).all(axis=1))[:1].tolist():
        row = int(rows[position])
        problem = (
            f"'query' row {row} ({opened.query_ids[row]}) holds a value that is not finite; finite ones are "
            "wanted. Find all such rows: copytrace check SUBMISSION"
        )
        raise SubmissionError([f"{path}: {problem}"])
    return vectors
