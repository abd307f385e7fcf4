"""Plots as SVG, drawn by the host: each function gives numbers for a template of `templates/plots`."""

from copytrace.hosting.web.pages.plots.best_over_time import best_over_time
from copytrace.hosting.web.pages.plots.precision_recall import precision_recall
from copytrace.hosting.web.pages.plots.score_histogram import score_histogram

__all__ = ["best_over_time", "precision_recall", "score_histogram"]
