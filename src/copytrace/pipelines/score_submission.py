"""Scores a submission of either track against the ground truth, as the challenge does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.evaluation import break_down, judge, score_judged
from copytrace.files import check_distinct, check_output
from copytrace.progress import SILENT
from copytrace.submissions import read_matches, read_truth
from copytrace.vectors import is_descriptor_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.engines import Engine
    from copytrace.evaluation import AspectScores, Judged
    from copytrace.progress import Progress
    from copytrace.records import Score, Truth


def score(
    submission: Path | str,
    truth: Path | str,
    *,
    frozen: Path | str | None = None,
    bootstrap: int = 1000,
    plot: Path | str | None = None,
    replace: bool = False,
    engine: Engine | None = None,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> Score:
    """Score a submission file against a ground truth file; docs/scoring.md defines each measure.

    The file's content decides its track: HDF5 is the descriptor track. There, the 10 x (queries in the ground truth)
    closest pairs of these queries and the references are judged, and the score of a pair is minus its squared Euclidean
    distance.

    Args:
        submission: matches (CSV) or descriptors (HDF5).
        truth: the true pairs (CSV).
        frozen: the references of a queries-only submission, as submitted in phase 1.
        bootstrap: replicates for the 95% interval of micro-AP; 0 for no interval.
        plot: a .svg or .png file for the precision-recall curve.
        replace: an existing plot may be replaced.
        engine: searches on other machines, if it has any.
        threads: threads for searching and resampling; None for one per core.
        memory: bytes that the search may use.
        progress: reports the progress of the search, and the number of ignored rows.

    Raises:
        SubmissionError: a file cannot be read, has faults, or lacks a query of the ground truth.
        EvaluationError: a pair is repeated, or the ground truth has no pair.
        InputError: the plot cannot be written there.
    """
    _check_pictures(plot, replace=replace, inputs=(submission, truth, frozen))
    judged = judge_submission(
        submission, truth, frozen=frozen, engine=engine, threads=threads, memory=memory, progress=progress
    )
    found = score_judged(judged, bootstrap=bootstrap, threads=threads)
    if plot is not None:
        _draw_curve(judged, found, plot, submission)
    return found


def score_by_recipe(
    submission: Path | str,
    truth: Path | str,
    recipe: Path | str,
    *,
    frozen: Path | str | None = None,
    bootstrap: int = 1000,
    plot: Path | str | None = None,
    breakdown_plot: Path | str | None = None,
    replace: bool = False,
    engine: Engine | None = None,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> tuple[Score, tuple[AspectScores, ...]]:
    """Score a submission as a whole and broken down by the edits of the queries.

    Args:
        submission: as in `score`; so are all arguments not listed here.
        truth: the true pairs (CSV).
        recipe: the edits of each query (JSON lines), as `copytrace benchmark` writes them.
        frozen: the references of a queries-only submission.
        bootstrap: replicates for the interval of the whole.
        plot: a .svg or .png file for the precision-recall curve.
        breakdown_plot: a .svg or .png file for the breakdown.
        replace: existing plots may be replaced.
        engine: searches on other machines, if it has any.
        threads: threads for searching and resampling.
        memory: bytes that the search may use.
        progress: reports what `score` reports, and unusable parts of the recipe.

    Returns:
        The score, and the scores of groups of copies, aspect by aspect; see `evaluation.break_down`.

    Raises:
        SubmissionError: as in `score`; or the recipe cannot be read, or is for other queries.
        EvaluationError: a pair is repeated, or the ground truth has no pair.
        InputError: a plot cannot be written there.
    """
    # The names of all edits load image libraries, which scoring as a whole does not need.
    from copytrace.pipelines.recipe_aspects import recipe_aspects

    inputs = (submission, truth, recipe, frozen)
    _check_pictures(plot, breakdown_plot, replace=replace, inputs=inputs)
    known = read_truth(Path(truth))
    aspects = recipe_aspects(Path(recipe), known, progress)
    judged = judge_submission(
        submission,
        truth,
        known=known,
        frozen=frozen,
        engine=engine,
        threads=threads,
        memory=memory,
        progress=progress,
    )
    found = score_judged(judged, bootstrap=bootstrap, threads=threads)
    broken_down = break_down(judged, aspects)
    if plot is not None:
        _draw_curve(judged, found, plot, submission)
    if breakdown_plot is not None:
        from copytrace.reports import draw_breakdown

        draw_breakdown(broken_down, found, Path(breakdown_plot), Path(submission).name)
    return found, broken_down


def _check_pictures(*paths: Path | str | None, replace: bool, inputs: Sequence[Path | str | None]) -> None:
    """Refuse a plot that cannot be drawn before the work starts."""
    check_distinct(*(None if path is None else Path(path) for path in paths))
    for path in paths:
        if path is not None:
            check_output(Path(path), replace=replace, inputs=inputs)
            from copytrace.reports import check_picture_file

            check_picture_file(Path(path))


def _draw_curve(judged: Judged, found: Score, plot: Path | str, submission: Path | str) -> None:
    from copytrace.reports import draw_precision_recall

    draw_precision_recall(judged, found, Path(plot), Path(submission).name)


def judge_submission(
    submission: Path | str,
    truth: Path | str,
    *,
    known: Truth | None = None,
    frozen: Path | str | None = None,
    engine: Engine | None = None,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress = SILENT,
) -> Judged:
    """Judge the predictions of a submission, and report how many rows are for queries outside the ground truth.

    Args:
        submission: as in `score`; so are all arguments not listed here.
        truth: the true pairs (CSV).
        known: the content of that file, if it was read before.
        frozen: the references of a queries-only submission.
        engine: searches on other machines, if it has any.
        threads: search threads.
        memory: bytes that the search may use.
        progress: reports the progress of the search, and the number of ignored rows.

    Raises:
        SubmissionError: as in `score`.
        EvaluationError: a pair is repeated, or the ground truth has no pair.
    """
    submission = Path(submission)
    known = known or read_truth(Path(truth))
    if is_descriptor_file(submission):
        # Loads HDF5 and the search's compiled code, which a CSV file does not need.
        from copytrace.pipelines.closest_matches import closest_matches

        references = None if frozen is None else Path(frozen)
        matches = closest_matches(
            submission, references, known, engine=engine, threads=threads, memory=memory, progress=progress
        )
    else:
        matches = read_matches(submission)
    judged = judge(matches, known)
    if left_out := len(matches) - len(judged):
        progress.note(
            f"{submission}: {left_out:,} of {len(matches):,} rows are for queries that are not in {truth}; "
            "they were ignored."
        )
    return judged
