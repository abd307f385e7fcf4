"""Reduces a score to the data of the plots on the submission's page: a few hundred numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copytrace.evaluation import curve_steps, score_histogram

if TYPE_CHECKING:
    from copytrace.evaluation import Judged

STEPS = 200
"""Points of the precision-recall curve: more would be invisible, and would reveal more about single pairs."""

DIGITS = 5


def plots_of(judged: Judged) -> dict[str, Any]:
    """The curve as edges in `recall` and heights in `precision`; scores as bin `edges`, counts `right` and `wrong`."""
    recall, precision = curve_steps(judged, STEPS)
    histogram = score_histogram(judged)
    return {
        "recall": recall.round(DIGITS).tolist(),
        "precision": precision.round(DIGITS).tolist(),
        "edges": [float(f"{edge:.6g}") for edge in histogram.edges.tolist()],
        "right": histogram.right.tolist(),
        "wrong": histogram.wrong.tolist(),
    }
