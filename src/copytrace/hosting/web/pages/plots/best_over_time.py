"""The best score of a leaderboard over the time of its phase."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from copytrace.hosting.web.pages.plots.axes import Frame, Tick, round_values, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

WIDE = Frame(width=760, height=240, left=46, top=14, right=748, bottom=204)
NARROW = Frame(width=300, height=220, left=44, top=14, right=292, bottom=184)


def best_over_time(
    found: Sequence[tuple[datetime, float]], opens_at: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Numbers for `plots/best_over_time.html`, for a wide and for a narrow screen; empty without a score.

    Args:
        found: when the best score rose, and to what.
        opens_at: of the phase: where the axis begins.
        until: now, or when the phase closed: where it ends.
    """
    if not found:
        return []
    return [
        _drawn(frame, found, min(opens_at, found[0][0]), max(until, found[-1][0])) for frame in (WIDE, NARROW)
    ]


def _drawn(
    frame: Frame, found: Sequence[tuple[datetime, float]], start: datetime, end: datetime
) -> dict[str, Any]:
    low, high = start.timestamp(), max(end.timestamp(), start.timestamp() + 1)
    # From a round value below the first best score, so that a climb from 0.6 to 0.7 is more than a flat line.
    values = round_values(found[0][1], max(found[-1][1], found[0][1] + 0.01), 4)
    step = values[1] - values[0] if len(values) > 1 else 0.01
    bottom, top = max(0.0, values[0] - step), min(1.0, values[-1] + step)
    points = [(frame.x(at.timestamp(), low, high), frame.y(score, bottom, top)) for at, score in found]
    line = f"M{points[0][0]} {points[0][1]}"
    for x, y in points[1:]:
        line += f" H{x} V{y}"
    return {
        "frame": frame,
        "line": f"{line} H{frame.x(high, low, high)}",
        "points": [
            {"x": x, "y": y, "score": score, "at": at}
            for (x, y), (at, score) in zip(points, found, strict=True)
        ],
        "ticks_y": [
            Tick(frame.y(value, bottom, top), words_of(value)) for value in round_values(bottom, top, 4)
        ],
        "ticks_x": _moments(frame, start, end),
        "best": found[-1][1],
        "first": found[0][1],
    }


def _moments(frame: Frame, start: datetime, end: datetime) -> list[Tick]:
    """Some moments, evenly spread, as days or, within two days, as hours; a date that was told is not told again."""
    span = end - start
    in_hours = span <= timedelta(days=2)
    count = 5 if frame is WIDE else 1 if in_hours and start.date() != end.date() else 2
    low, high = start.timestamp(), max(end.timestamp(), start.timestamp() + 1)
    ticks, told = [], None
    for at in (start + span * number / count for number in range(count + 1)):
        form = "%H:%M" if in_hours and at.date() == told else "%-d %b %H:%M" if in_hours else "%-d %b"
        ticks.append(Tick(frame.x(at.timestamp(), low, high), format(at, form)))
        told = at.date()
    return ticks
