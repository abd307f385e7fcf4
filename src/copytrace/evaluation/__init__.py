"""Scores predictions: one measure per file, all on one record of judged predictions."""

from copytrace.evaluation.bootstrap import (
    bootstrap_interval,
    bootstrap_micro_ap,
    differ,
    percentile_interval,
)
from copytrace.evaluation.breakdown import Aspect, AspectScores, Group, GroupScore, break_down
from copytrace.evaluation.judge import judge
from copytrace.evaluation.judged import Judged
from copytrace.evaluation.measures import MEASURES
from copytrace.evaluation.micro_ap import micro_ap
from copytrace.evaluation.precision_recall import PrecisionRecall, curve_steps, precision_recall
from copytrace.evaluation.recall_at_k import recall_at_1, recall_at_10, recall_at_k
from copytrace.evaluation.recall_at_precision import OperatingPoint, recall_at_p90, recall_at_precision
from copytrace.evaluation.score_histogram import ScoreHistogram, score_histogram
from copytrace.evaluation.score_matches import score_judged, score_matches

__all__ = [
    "MEASURES",
    "Aspect",
    "AspectScores",
    "Group",
    "GroupScore",
    "Judged",
    "OperatingPoint",
    "PrecisionRecall",
    "ScoreHistogram",
    "bootstrap_interval",
    "bootstrap_micro_ap",
    "break_down",
    "curve_steps",
    "differ",
    "judge",
    "micro_ap",
    "percentile_interval",
    "precision_recall",
    "recall_at_1",
    "recall_at_10",
    "recall_at_k",
    "recall_at_p90",
    "recall_at_precision",
    "score_histogram",
    "score_judged",
    "score_matches",
]
