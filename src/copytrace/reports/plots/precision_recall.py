"""The precision-recall curve, with its operating point at precision 90%."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from copytrace.reports.plots.frame import Frame, round_ticks
from copytrace.reports.plots.picture_file import counted, headline, save_picture
from copytrace.reports.plots.svg import Drawing, element, path, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copytrace.evaluation import Judged
    from copytrace.records import Score

PRECISION = 0.9
FILE_FRAME = Frame(width=740, height=580, left=64, top=112, right=706, bottom=524)
GAP = 14
"""Space between the operating point and its label."""


def draw_precision_recall(judged: Judged, score: Score, path: Path, name: str) -> None:
    """Draw the curve with its operating point at precision 90%; equal inputs give an equal file.

    The shaded area is micro-AP: each interval of recall has the precision at the rank that reaches it.

    Args:
        judged: the predictions.
        score: their scores, for the title.
        path: a .svg or .png file; an existing one is replaced.
        name: name of the data, for the line below the title.

    Raises:
        InputError: the file has another type, or its folder does not exist.
    """
    # Loads pyarrow, which a web process that draws stored curves does not need.
    from copytrace.evaluation import curve_steps, recall_at_precision

    edges, heights = curve_steps(judged)
    point = recall_at_precision(judged, PRECISION)
    if point.threshold is None:
        notes = ["precision 90% is not reached"]
    else:
        notes = [f"recall {point.recall:.3f} at precision 90%", f"score ≥ {point.threshold:.4g}"]
    drawing = precision_recall(
        edges.tolist(), heights.tolist(), score.micro_ap, point.recall, notes=notes, frame=FILE_FRAME
    )
    title = f"micro-AP {score.micro_ap:.4f}"
    facts = (
        counted(score.predictions, "prediction"),
        counted(score.queries, "query", "queries"),
        counted(score.true_pairs, "true pair"),
    )
    head = headline(title, name, facts, left=24)
    if score.interval:
        low, high = score.interval
        interval = f"95% interval {low:.4f} to {high:.4f}"
        head += text(interval, FILE_FRAME.right, 46, "label", anchor="end")
    save_picture(replace(drawing, content=head + drawing.content), path)


def precision_recall(
    recall: Sequence[float],
    precision: Sequence[float],
    micro_ap: float,
    recall_at_p90: float,
    *,
    notes: Sequence[str] = (),
    frame: Frame = Frame(),  # noqa: B008 - frozen
) -> Drawing:
    """Draw the curve; the area under it is micro-AP.

    Args:
        recall: (s + 1,) edges of the steps.
        precision: (s,) heights of the steps.
        micro_ap: for people who cannot see the curve.
        recall_at_p90: the highest recall with precision 90%, or 0.0 if it is never reached.
        notes: lines of text about that point.
        frame: size of the drawing.
    """
    parts = [frame.axis_up(round_ticks(0, 1), "precision"), frame.axis_across(round_ticks(0, 1), "recall")]
    line = _steps(frame, recall, precision)
    if line:
        closed = f"{line} V{frame.bottom} H{frame.x(recall[0])} Z"
        parts += [path(closed, "area"), path(line, "line")]
    parts.append(frame.line_across(PRECISION, "mark-line"))
    if recall_at_p90:
        parts.append(_point(frame, recall_at_p90, _height_at(recall, precision, recall_at_p90)))
    parts.append(_notes(frame, recall_at_p90, notes))
    label = f"Precision-recall curve. Micro-AP {micro_ap:.5f}; recall at precision 90%: {recall_at_p90:.4f}."
    return Drawing(frame.width, frame.height, label, Markup().join(parts))


def _steps(frame: Frame, recall: Sequence[float], precision: Sequence[float]) -> str:
    places = [
        f"V{frame.y(height)} H{frame.x(right)}"
        for (_, right), height in zip(pairwise(recall), precision, strict=True)
    ]
    return f"M{frame.x(recall[0])} {frame.y(precision[0])} {' '.join(places)}" if places else ""


def _height_at(recall: Sequence[float], precision: Sequence[float], value: float) -> float:
    """The precision of the step that ends at a recall, or contains it."""
    # Stored curves are rounded, so that step may end slightly earlier.
    step = int(np.searchsorted(np.asarray(recall), value - 1e-4)) - 1
    return max(PRECISION, precision[min(max(step, 0), len(precision) - 1)])


def _point(frame: Frame, recall: float, precision: float) -> Markup:
    title = element("title", f"recall {recall:.4f} at precision 90%")
    return element("circle", title, class_="mark-point", cx=frame.x(recall), cy=frame.y(precision), r=5)


def _notes(frame: Frame, recall: float, notes: Sequence[str]) -> Markup:
    x, y = frame.x(recall), frame.y(PRECISION)
    # The text is on the side with enough space; on the right, the curve is below the line.
    if recall < 1 / 2:
        x, y, anchor = x + GAP, y - 9 - 20 * (len(notes) - 1), None
    else:
        x, y, anchor = x - GAP, y + 24, "end"
    return Markup().join(text(note, x, y + 20 * row, "label mark", anchor) for row, note in enumerate(notes))
