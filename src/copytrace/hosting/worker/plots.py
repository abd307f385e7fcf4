"""What is kept of a scoring for the plots of the submission's page: some hundred numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copytrace.evaluation import curve_steps, score_histogram

if TYPE_CHECKING:
    from copytrace.evaluation import Judged

STEPS = 200
"""Of the precision-recall curve: finer ones cannot be seen, and would tell more about single pairs."""

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
