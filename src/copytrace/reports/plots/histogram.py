"""Histograms of scores: of true and false pairs, and of all pairs found."""

from __future__ import annotations

from itertools import pairwise
from math import log1p
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from copytrace.reports.plots.frame import Frame, Tick, round_ticks, short_number
from copytrace.reports.plots.picture_file import counted
from copytrace.reports.plots.svg import Drawing, element, for_both_widths, path, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.records import FloatArray

BINS = 60
WIDE = Frame(width=960, height=150, left=46, top=20, right=952, bottom=110)
NARROW = Frame(width=340, height=200, left=46, top=20, right=332, bottom=158)


def score_histogram(
    edges: Sequence[float], right: Sequence[int], wrong: Sequence[int], threshold: float | None
) -> Drawing:
    """Draw the distribution of scores: true pairs above the line, false ones below it.

    Each kind has its own scale, as a share of its largest bin, since there may be a hundred false pairs per true one.

    Args:
        edges: (b + 1,) edges of the bins.
        right: (b,) true pairs in each bin.
        wrong: (b,) false pairs in each bin.
        threshold: the score at precision 90%, if any.
    """
    frame = Frame(across=(edges[0], edges[-1]), up=(-1.02, 1.02))
    parts = [frame.axis_across(round_ticks(edges[0], edges[-1], 4), "score")]
    for counts, sign, kind, class_ in ((right, 1, "true", "right"), (wrong, -1, "false", "wrong")):
        most = max(counts, default=0)
        heights = [sign * count / most if most else 0.0 for count in counts]
        words = [f"{counted(count, kind + ' pair')} with a score" for count in counts]
        parts.append(_bars(frame, edges, heights, words, [class_] * len(counts)))
        parts.append(
            text(kind, frame.left - 8, frame.y(0) + (16 if sign < 0 else -8), f"axis {class_}", "end")
        )
    parts.append(frame.line_across(0, "base"))
    if threshold is not None and edges[0] <= threshold <= edges[-1]:
        parts.append(frame.line_up(threshold, "mark-line"))
    label = f"Scores of {counted(sum(right), 'true pair')} and {counted(sum(wrong), 'false pair')}."
    return Drawing(frame.width, frame.height, label, Markup().join(parts))


def found_histogram(
    scores: FloatArray,
    threshold: float,
    name: str = "score",
    limits: tuple[float, float] | None = None,
) -> Markup:
    """Draw the scores of all pairs found, for wide and for narrow screens; empty without scores.

    Likely copies have a different colour, and counts are logarithmic, since copies are few.

    Args:
        scores: (n,) higher is more similar.
        threshold: from this score, a pair is a likely copy.
        name: name of the scores.
        limits: the values at both ends of the axis; by default the lowest and the highest score.
    """
    if not len(scores):
        return Markup()
    return for_both_widths(*(_draw_found(frame, scores, threshold, name, limits) for frame in (WIDE, NARROW)))


def _draw_found(
    frame: Frame, scores: FloatArray, threshold: float, name: str, limits: tuple[float, float] | None
) -> Drawing:
    counts, edges = np.histogram(scores, bins=BINS, range=limits)
    low, high, most = float(edges[0]), float(edges[-1]), int(counts.max())
    frame = frame.spanning((low, high), (0.0, log1p(most)))
    powers = [10**power for power in range(len(str(most)))]
    step = -(-len(powers) // 4)
    parts = [
        frame.axis_up((Tick(log1p(count), short_number(count)) for count in powers[::step]), "pairs"),
        frame.axis_across(round_ticks(low, high, frame.width // 100), name),
        _bars(
            frame,
            edges.tolist(),
            [log1p(count) for count in counts.tolist()],
            [f"{counted(count, 'pair')} with a {name}" for count in counts.tolist()],
            ["right" if edge > threshold else "other" for edge in edges[1:].tolist()],
        ),
        path(f"M{frame.left} {frame.bottom} H{frame.right}", "base"),
    ]
    if low <= threshold <= high:
        parts.append(frame.line_up(threshold, "mark-line"))
    label = f"Histogram: {name} of {counted(len(scores), 'pair')} found."
    return Drawing(frame.width, frame.height, label, Markup().join(parts))


def _bars(
    frame: Frame,
    edges: Sequence[float],
    heights: Sequence[float],
    words: Sequence[str],
    classes: Sequence[str],
) -> Markup:
    """A bar from 0 for each bin with a count, high enough to be visible."""
    base = frame.y(0)
    width = (frame.right - frame.left) / len(heights) if heights else 0.0
    gap = min(1.0, width / 4)
    bars = []
    for number, ((start, end), height, said, class_) in enumerate(
        zip(pairwise(edges), heights, words, classes, strict=True)
    ):
        if height:
            tall = max(1.0, abs(frame.y(height) - base))
            title = element("title", f"{said} of {short_number(start)} to {short_number(end)}")
            bars.append(
                element(
                    "rect",
                    title,
                    class_=class_,
                    x=frame.left + number * width + gap / 2,
                    y=base - tall if height > 0 else base,
                    width=width - gap,
                    height=tall,
                )
            )
    return Markup().join(bars)
