"""Score a submission of either track against the truth, as the challenge does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import SearchError, SubmissionError
from copytrace.evaluation import break_down, judge, score_judged
from copytrace.progress import SILENT
from copytrace.records import PAIRS_PER_QUERY, Matches
from copytrace.submissions import (
    DescriptorSubmission,
    is_descriptor_file,
    open_descriptor_submission,
    open_frozen,
    open_queries_only,
    read_matches,
    read_truth,
    reference_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.evaluation import AspectScores, Judged
    from copytrace.progress import Progress
    from copytrace.records import Float32Array, IndexArray, Score, Truth


def score(
    submission: Path,
    truth: Path,
    *,
    frozen: Path | None = None,
    bootstrap: int = 1000,
    plot: Path | None = None,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> Score:
    """Score a submission file against a truth file; docs/scoring.md defines each measure.

    The content of the file says which track it is of: HDF5 is the descriptor track. There, of all pairs of a
    query in the truth and a reference, the 10 x (queries in the truth) closest ones are judged, and the score
    of a pair is minus its squared Euclidean distance.

    Args:
        submission: matches (CSV) or descriptors (HDF5).
        truth: the true pairs (CSV).
        frozen: the references of a submission that holds queries only, as it was handed in in phase 1.
        bootstrap: replicates for the 95% interval of micro-AP; 0 leaves the interval out.
        plot: a .svg or .png file to draw the precision-recall curve in.
        threads: threads that search and resample; None takes one per core.
        memory: bytes that the search may use.
        progress: hears how far the search is, and how many rows were left out.

    Raises:
        SubmissionError: a file cannot be read, has faults, or lacks a query of the truth.
        EvaluationError: a pair stands twice, or the truth holds no pair.
        InputError: the plot cannot be written there.
    """
    _check_pictures(plot)
    judged = judge_submission(
        submission, truth, frozen=frozen, threads=threads, memory=memory, progress=progress
    )
    found = score_judged(judged, bootstrap=bootstrap, threads=threads)
    if plot is not None:
        _draw_curve(judged, found, plot, submission)
    return found


def score_by_recipe(
    submission: Path,
    truth: Path,
    recipe: Path,
    *,
    bootstrap: int = 1000,
    plot: Path | None = None,
    breakdown_plot: Path | None = None,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> tuple[Score, tuple[AspectScores, ...]]:
    """Score a submission, as a whole and broken down by what was done to the queries.

    Args:
        submission: as in `score`, like all that is not said here.
        truth: the true pairs (CSV).
        recipe: what was done to each query (JSON lines), as `copytrace benchmark` writes it.
        bootstrap: replicates for the interval of the whole.
        plot: a .svg or .png file for the precision-recall curve.
        breakdown_plot: a .svg or .png file for the breakdown.
        threads: threads that search and resample.
        memory: bytes that the search may use.
        progress: hears what `score` tells, and what of the recipe could not be used.

    Returns:
        The score, and the scores of groups of copies, aspect by aspect; see `evaluation.break_down`.

    Raises:
        SubmissionError: as in `score`; or the recipe cannot be read, or is of other queries.
        EvaluationError: a pair stands twice, or the truth holds no pair.
        InputError: a plot cannot be written there.
    """
    # The names of all edits bring image libraries along, which who scores as a whole need not wait for.
    from copytrace.pipelines.recipe_aspects import recipe_aspects

    _check_pictures(plot, breakdown_plot)
    known = read_truth(truth)
    aspects = recipe_aspects(recipe, known, progress)
    judged = judge_submission(
        submission, truth, known=known, threads=threads, memory=memory, progress=progress
    )
    found = score_judged(judged, bootstrap=bootstrap, threads=threads)
    broken_down = break_down(judged, aspects)
    if plot is not None:
        _draw_curve(judged, found, plot, submission)
    if breakdown_plot is not None:
        from copytrace.reports import draw_breakdown

        draw_breakdown(broken_down, found, breakdown_plot, submission.name)
    return found, broken_down


def _check_pictures(*paths: Path | None) -> None:
    """Refuse a plot that cannot be drawn before the work that it is to show."""
    for path in paths:
        if path is not None:
            # matplotlib takes half a second to import, so only who wants a picture waits for it.
            from copytrace.reports import check_picture_file

            check_picture_file(path)


def _draw_curve(judged: Judged, found: Score, plot: Path, submission: Path) -> None:
    from copytrace.reports import draw_precision_recall

    draw_precision_recall(judged, found, plot, submission.name)


def judge_submission(
    submission: Path,
    truth: Path,
    *,
    known: Truth | None = None,
    frozen: Path | None = None,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> Judged:
    """Judge the predictions of a submission, and tell how many rows are of queries that the truth leaves out.

    Args:
        submission: as in `score`, like all that is not said here.
        truth: the true pairs (CSV).
        known: what is in that file, if it was read before.
        frozen: the references of a submission that holds queries only.
        threads: threads that search.
        memory: bytes that the search may use.
        progress: hears how far the search is, and how many rows were left out.

    Raises:
        SubmissionError: as in `score`.
        EvaluationError: a pair stands twice, or the truth holds no pair.
    """
    known = known or read_truth(truth)
    if is_descriptor_file(submission):
        matches = _closest_matches(submission, frozen, known, threads, memory, progress)
    else:
        matches = read_matches(submission)
    judged = judge(matches, known)
    if left_out := len(matches) - len(judged):
        progress.note(
            f"{submission}: {left_out:,} of {len(matches):,} rows are of queries that are not in {truth}; "
            "they were left out."
        )
    return judged


def _closest_matches(  # noqa: PLR0917 - handed through by the one caller
    path: Path, frozen: Path | None, truth: Truth, threads: int | None, memory: int | None, progress: Progress
) -> Matches:
    """The pairs of a descriptor submission that are judged."""
    # The search brings compiled code along, which a matching submission need not wait for.
    from copytrace.search import closest_pairs

    with _opened(path, frozen) as opened:
        rows = _rows_in_truth(opened, truth, path)
        try:
            pairs = closest_pairs(
                _vectors(opened, rows, path),
                opened.reference,
                PAIRS_PER_QUERY * len(truth.query_ids),
                threads=threads,
                memory=memory,
                progress=progress,
            )
        except SearchError as error:
            raise SubmissionError([f"{path}: {error}"]) from error
        return Matches(
            [opened.query_ids[row] for row in rows[pairs.query].tolist()],
            [opened.reference_ids[row] for row in pairs.reference.tolist()],
            # Not -distance: a distance of 0 is a score of 0, not of -0.
            0.0 - pairs.distance,
        )


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
    if missing:
        others = f" and {len(missing) - 1:,} more" if missing[1:] else ""
        problem = (
            f"there is no vector of the query {missing[0]}{others}, which the truth judges; each is wanted. "
            "Describe the missing images, or give the truth of these queries only."
        )
        raise SubmissionError([f"{path}: {problem}"])
    return np.sort(np.array([row_of[query_id] for query_id in truth.query_ids], dtype=np.int64))


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
