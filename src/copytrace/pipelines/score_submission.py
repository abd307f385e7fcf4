"""Score a submission of either track against the truth, as the challenge does."""

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
        replace: an existing plot may be replaced.
        engine: searches on other machines, if it has any.
        threads: threads that search and resample; None takes one per core.
        memory: bytes that the search may use.
        progress: hears how far the search is, and how many rows were left out.

    Raises:
        SubmissionError: a file cannot be read, has faults, or lacks a query of the truth.
        EvaluationError: a pair stands twice, or the truth holds no pair.
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
    """Score a submission, as a whole and broken down by what was done to the queries.

    Args:
        submission: as in `score`, like all that is not said here.
        truth: the true pairs (CSV).
        recipe: what was done to each query (JSON lines), as `copytrace benchmark` writes it.
        frozen: the references of a submission that holds queries only.
        bootstrap: replicates for the interval of the whole.
        plot: a .svg or .png file for the precision-recall curve.
        breakdown_plot: a .svg or .png file for the breakdown.
        replace: existing plots may be replaced.
        engine: searches on other machines, if it has any.
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
    """Refuse a plot that cannot be drawn before the work that it is to show."""
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
    """Judge the predictions of a submission, and tell how many rows are of queries that the truth leaves out.

    Args:
        submission: as in `score`, like all that is not said here.
        truth: the true pairs (CSV).
        known: what is in that file, if it was read before.
        frozen: the references of a submission that holds queries only.
        engine: searches on other machines, if it has any.
        threads: threads that search.
        memory: bytes that the search may use.
        progress: hears how far the search is, and how many rows were left out.

    Raises:
        SubmissionError: as in `score`.
        EvaluationError: a pair stands twice, or the truth holds no pair.
    """
    submission = Path(submission)
    known = known or read_truth(Path(truth))
    if is_descriptor_file(submission):
        # HDF5 and the search's compiled code are brought along, which a CSV file need not wait for.
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
            f"{submission}: {left_out:,} of {len(matches):,} rows are of queries that are not in {truth}; "
            "they were left out."
        )
    return judged
