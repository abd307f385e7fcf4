"""Plots as SVG, with one implementation each for pages, the challenge site and files."""

from copytrace.reports.plots.breakdown import draw_breakdown
from copytrace.reports.plots.histogram import found_histogram, score_histogram
from copytrace.reports.plots.picture_file import check_picture_file
from copytrace.reports.plots.precision_recall import draw_precision_recall, precision_recall
from copytrace.reports.plots.svg import stylesheet
from copytrace.reports.plots.timeline import best_over_time

__all__ = [
    "best_over_time",
    "check_picture_file",
    "draw_breakdown",
    "draw_precision_recall",
    "found_histogram",
    "precision_recall",
    "score_histogram",
    "stylesheet",
]
