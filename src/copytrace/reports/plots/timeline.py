"""The best score of a leaderboard over the time of its phase."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup

from copytrace.reports.plots.frame import Frame, round_ticks
from copytrace.reports.plots.picture_file import counted
from copytrace.reports.plots.svg import Drawing, element, for_both_widths, path, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

WIDE = Frame(width=760, height=240, left=46, top=14, right=748, bottom=204)
NARROW = Frame(width=300, height=220, left=44, top=14, right=292, bottom=184)


def best_over_time(found: Sequence[tuple[datetime, float]], opens_at: datetime, until: datetime) -> Markup:
    """Draw how the best score rose, for wide and for narrow screens; nothing without a score.

    Args:
        found: when it rose, and to what.
        opens_at: of the phase: where the axis begins.
        until: now, or when the phase closed: where it ends.
    """
    if not found:
        return Markup()
    start, end = min(opens_at, found[0][0]), max(until, found[-1][0])
    return for_both_widths(_draw(WIDE, found, start, end), _draw(NARROW, found, start, end))


def _draw(frame: Frame, found: Sequence[tuple[datetime, float]], start: datetime, end: datetime) -> Drawing:
    first, best = found[0][1], found[-1][1]
    # From a round value below the first best score, so that a climb from 0.6 to 0.7 is more than a flat line.
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
        _moments(placed, start, end, wide=frame is WIDE),
        path(f"M{points[0][0]} {points[0][1]}{rises} H{placed.right}", "line"),
    ]
    for (x, y), (at, score) in zip(points, found, strict=True):
        title = element("title", f"{score:.4f} on {at:%-d %b %Y, %H:%M} UTC")
        parts.append(element("circle", title, class_="point", cx=x, cy=y, r=3))
    label = f"Best score over time, from {first:.4f} to {best:.4f} in {counted(len(found), 'step')}."
    return Drawing(frame.width, frame.height, label, Markup().join(parts))


def _moments(frame: Frame, start: datetime, end: datetime, *, wide: bool) -> Markup:
    """Some moments, evenly spread, as days or, within two days, as hours; a date that was told is not told again."""
    span = end - start
    in_hours = span <= timedelta(days=2)
    count = 5 if wide else 1 if in_hours and start.date() != end.date() else 2
    words, told = [], None
    for number in range(count + 1):
        at = start + span * number / count
        form = "%H:%M" if in_hours and at.date() == told else "%-d %b %H:%M" if in_hours else "%-d %b"
        # The outermost ones end where the plot does.
        anchor = None if number == 0 else "end" if number == count else "middle"
        words.append(text(format(at, form), frame.x(at.timestamp()), frame.bottom + 20, anchor=anchor))
        told = at.date()
    return Markup().join(words)
