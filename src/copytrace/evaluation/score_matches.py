"""All measures of a submission at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.errors import EvaluationError
from copytrace.evaluation.bootstrap import bootstrap_interval
from copytrace.evaluation.judge import judge
from copytrace.evaluation.micro_ap import micro_ap
from copytrace.evaluation.recall_at_k import recall_at_1, recall_at_10
from copytrace.evaluation.recall_at_precision import recall_at_precision
from copytrace.records import Score

if TYPE_CHECKING:
    from copytrace.evaluation.judged import Judged
    from copytrace.records import Matches, Truth


def score_matches(
    matches: Matches, truth: Truth, *, bootstrap: int = 1000, seed: int = 0, threads: int | None = None
) -> Score:
    """Score predictions against the ground truth, as the challenge does; docs/scoring.md defines each measure.

    Args:
        matches: n predictions, each pair once; rows whose query is not in the ground truth are ignored.
        truth: the judged queries and their true pairs, at least one.
        bootstrap: replicates for the interval of micro-AP over queries; 0 for no interval.
        seed: seed of the bootstrap; equal seeds give equal intervals.
        threads: threads of the bootstrap; None for one per core.

    Raises:
        EvaluationError: see `judge` and `bootstrap_interval`.

    >>> import numpy as np
    >>> from copytrace.records import Matches, Truth
    >>> truth = Truth(["Q1", "Q2"], ["Q1", "Q2"], ["R7", "R8"])
    >>> matches = Matches(["Q1", "Q2", "Q2"], ["R7", "R7", "R8"], np.array([0.9, 0.8, 0.7]))
    >>> score = score_matches(matches, truth, bootstrap=0)
    >>> round(score.micro_ap, 3), score.recall_at_p90, score.threshold_at_p90
    (0.833, 0.5, 0.9)
    """
    return score_judged(judge(matches, truth), bootstrap=bootstrap, seed=seed, threads=threads)


def score_judged(
    judged: Judged, *, bootstrap: int = 1000, seed: int = 0, threads: int | None = None
) -> Score:
    """All measures of predictions that are already judged.

    Raises:
        EvaluationError: bootstrap, seed or threads out of range.
    """
    if bootstrap < 0:
        raise EvaluationError(f"The bootstrap has {bootstrap} replicates; expected 0 (no interval) or more.")
    operating_point = recall_at_precision(judged, 0.9)
    return Score(
        micro_ap=micro_ap(judged),
        recall_at_p90=operating_point.recall,
        threshold_at_p90=operating_point.threshold,
        recall_at_1=recall_at_1(judged),
        recall_at_10=recall_at_10(judged),
        interval=bootstrap_interval(judged, bootstrap, seed, threads) if bootstrap else None,
        queries=judged.queries,
        true_pairs=judged.true_pairs,
        predictions=len(judged),
    )
