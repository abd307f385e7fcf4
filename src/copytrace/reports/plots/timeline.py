"""The best score of a leaderboard over the time of its phase."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING

from markupsafe import Markup

from copytrace.reports.plots.frame import Frame, round_ticks
from copytrace.reports.plots.picture_file import counted
from copytrace.reports.plots.svg import Drawing, element, for_both_widths, path, text

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDE = Frame(width=1160, height=240, left=46, top=14, right=1148, bottom=204)
NARROW = Frame(width=300, height=224, left=44, top=14, right=292, bottom=184)

MINUTE, HOUR, DAY = 60, 3_600, 86_400
STEPS = (
    *(1, 2, 5, 10, 30),
    *(MINUTE * count for count in (1, 2, 5, 10, 30)),
    *(HOUR * count for count in (1, 3, 6, 12)),
    *(DAY * count for count in (1, 2, 5, 10, 30, 90, 180, 365, 1095)),
)
"""Seconds between labelled moments. Each is at most three times the previous one, so that some moments get labels."""

FORMATS = ((DAY, "%-d %b", "%Y"), (MINUTE, "%H:%M", "%-d %b"), (0, "%H:%M:%S", "%-d %b"))
"""From each step in seconds: the format of a moment's label, and of the line below it."""

MOST_WIDE, MOST_NARROW = 8, 3
"""The most steps between labelled moments: a label takes half the space of a step."""

EDGE = 24
"""Closer to an edge than this, a label is aligned with the edge instead of centred."""


def best_over_time(found: Sequence[tuple[datetime, float]], opens_at: datetime, until: datetime) -> Markup:
    """Draw how the best score rose, for wide and for narrow screens; empty without scores.

    Args:
        found: the time and value of each rise.
        opens_at: start of the phase and of the axis.
        until: end of the axis: now, or the end of the phase.
    """
    if not found:
        return Markup()
    start, end = min(opens_at, found[0][0]), max(until, found[-1][0])
    return for_both_widths(_draw(WIDE, found, start, end), _draw(NARROW, found, start, end))


def _draw(frame: Frame, found: Sequence[tuple[datetime, float]], start: datetime, end: datetime) -> Drawing:
    first, best = found[0][1], found[-1][1]
    # Starts at a round value below the first best score, so that a climb from 0.6 to 0.7 is more than a flat line.
    values = [tick.value for tick in round_ticks(first, max(best, first + 0.01), 4)]
    step = values[1] - values[0] if len(values) > 1 else 0.01
    placed = frame.spanning(
        (start.timestamp(), max(end.timestamp(), start.timestamp() + 1)),
        (max(0.0, values[0] - step), min(1.0, values[-1] + step)),
    )
    points = [(placed.x(at.timestamp()), placed.y(score)) for at, score in found]
    rises = "".join(f" H{x} V{y}" for x, y in points[1:])
    parts = [
        placed.axis_up(round_ticks(*placed.up, 4)),
        _moments(placed, start, max(end, start + timedelta(seconds=1))),
        path(f"M{points[0][0]} {points[0][1]}{rises} H{placed.right}", "line"),
    ]
    for (x, y), (at, score) in zip(points, found, strict=True):
        title = element("title", f"{score:.4f} on {at:%-d %b %Y, %H:%M} UTC")
        parts.append(element("circle", title, class_="point", cx=x, cy=y, r=3))
    label = f"Best score over time, from {first:.4f} to {best:.4f} in {counted(len(found), 'step')}."
    return Drawing(frame.width, frame.height, label, Markup().join(parts))


def _moments(frame: Frame, start: datetime, end: datetime) -> Markup:
    """Round moments, each once: times of day with the date below, or dates with the year below."""
    most = MOST_WIDE if frame.width == WIDE.width else MOST_NARROW
    seconds = next((step for step in STEPS if (end - start).total_seconds() <= step * most), STEPS[-1])
    upper, lower = next(formats for least, *formats in FORMATS if seconds >= least)
    words, told = [], ""
    for number in range(ceil(start.timestamp() / seconds), floor(end.timestamp() / seconds) + 1):
        at = datetime.fromtimestamp(number * seconds, UTC)
        x = frame.x(at.timestamp())
        anchor = None if x < frame.left + EDGE else "end" if x > frame.right - EDGE else "middle"
        words.append(text(format(at, upper), x, frame.bottom + 18, anchor=anchor))
        if (below := format(at, lower)) != told:
            words.append(text(below, x, frame.bottom + 33, anchor=anchor))
            told = below
    return Markup().join(words)
