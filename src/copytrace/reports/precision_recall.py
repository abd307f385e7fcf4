"""The precision-recall curve of a submission as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from copytrace.evaluation import curve_steps, recall_at_precision
from copytrace.reports.picture_file import (
    CURVE,
    FAINT,
    GRID,
    POINT,
    TITLE_LENGTH,
    counted,
    save_picture,
    shortened,
)

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from copytrace.evaluation import Judged, OperatingPoint
    from copytrace.records import Score


def draw_precision_recall(judged: Judged, score: Score, path: Path, name: str) -> None:
    """Draw the curve with its operating point at precision 90%; equal inputs give an equal file.

    The shaded area is micro-AP: over each stretch of recall stands the precision at the rank that reaches it.

    Args:
        judged: the predictions.
        score: what they are worth, for the title.
        path: a .svg or .png file; one that is there is replaced.
        name: what is drawn, for the line under the title.

    Raises:
        InputError: another kind of file, or a folder that does not exist.
    """
    with save_picture(path) as save:
        save(_draw(judged, score, name))


def _draw(judged: Judged, score: Score, name: str) -> Figure:
    figure = Figure(figsize=(7.4, 5.8), layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15))
    axes = figure.add_subplot()
    _draw_frame(axes)
    _draw_curve(axes, judged)
    _draw_operating_point(axes, recall_at_precision(judged, 0.9))
    _write_title(axes, score, name)
    return figure


def _draw_frame(axes: Axes) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    ticks, labels = np.linspace(0, 1, 6), ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0, pad=6)


def _draw_curve(axes: Axes, judged: Judged) -> None:
    edges, heights = curve_steps(judged)
    if len(heights):
        axes.stairs(heights, edges, fill=True, color=CURVE, alpha=0.12, linewidth=0)
        axes.stairs(heights, edges, baseline=None, color=CURVE, linewidth=1.8)


def _draw_operating_point(axes: Axes, point: OperatingPoint) -> None:
    axes.axhline(0.9, color=POINT, linewidth=0.9, linestyle=(0, (4, 3)))
    if point.precision is None:
        axes.annotate("precision 90% is not reached", (0.985, 0.885), color=POINT, ha="right", va="top")
        return
    axes.plot(
        point.recall, point.precision, "o", color=POINT, markersize=9, markeredgecolor="white", clip_on=False
    )
    # The words stand on the side where there is room for them.
    side, align = (1, "left") if point.recall < 1 / 2 else (-1, "right")
    axes.annotate(
        f"recall {point.recall:.3f} at precision 90%\nscore ≥ {point.threshold:.4g}",
        (point.recall, 0.9),
        xytext=(14 * side, -14),
        textcoords="offset points",
        color=POINT,
        ha=align,
        va="top",
        linespacing=1.4,
        bbox={"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )


def _write_title(axes: Axes, score: Score, name: str) -> None:
    axes.set_title(f"micro-AP {score.micro_ap:.4f}", loc="left", fontsize=15, fontweight="bold", pad=32)
    if score.interval:
        low, high = score.interval
        axes.set_title(f"95% interval {low:.4f} to {high:.4f}", loc="right", fontsize=11, pad=32)
    facts = (
        shortened(name, TITLE_LENGTH),
        counted(score.predictions, "prediction"),
        counted(score.queries, "query", "queries"),
        counted(score.true_pairs, "true pair"),
    )
    line = axes.annotate(
        "   ·   ".join(facts),
        (0, 1),
        xytext=(0, 14),
        xycoords="axes fraction",
        textcoords="offset points",
        color=FAINT,
    )
    # The widest letters may reach beyond the edge; the axes must not shrink to make room for them.
    line.set_in_layout(False)
