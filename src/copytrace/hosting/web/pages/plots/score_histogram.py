"""How the scores of true and false pairs lie, on the public part."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from copytrace.hosting.web.pages.plots.axes import Frame, Tick, round_values, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Bar:
    """A bin of one kind: where its bar is, and what is said of it."""

    x: float
    y: float
    width: float
    height: float
    words: str


def score_histogram(plots: Mapping[str, Any], measures: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers for `plots/score_histogram.html`: true pairs rise above the line, false ones hang below it.

    Each kind has its own scale, as a share of its largest bin: there may be a hundred false pairs to a true one.
    """
    frame = Frame(top=24)
    edges = plots["edges"]
    low, high = edges[0], edges[-1]
    middle = (frame.top + frame.bottom) / 2
    room = (frame.bottom - frame.top) / 2 - 2
    bins = list(pairwise(edges))
    threshold = measures.get("threshold_at_p90")
    return {
        "frame": frame,
        "middle": middle,
        "right": _bars(frame, bins, plots["right"], (middle, room), "true"),
        "wrong": _bars(frame, bins, plots["wrong"], (middle, -room), "false"),
        "ticks_x": [Tick(frame.x(value, low, high), words_of(value)) for value in round_values(low, high, 4)],
        "threshold_x": frame.x(threshold, low, high)
        if threshold is not None and low <= threshold <= high
        else None,
        "threshold": threshold,
        "count_right": sum(plots["right"]),
        "count_wrong": sum(plots["wrong"]),
    }


def _bars(
    frame: Frame, bins: list[tuple[float, float]], counts: list[int], place: tuple[float, float], kind: str
) -> list[Bar]:
    """The bars of one kind, from the middle up or down; a bin with anything in it can be seen."""
    middle, room = place
    most = max(counts, default=0)
    low, high = bins[0][0] if bins else 0.0, bins[-1][1] if bins else 1.0
    width = (frame.right - frame.left) / max(1, len(bins))
    found = []
    for number, ((start, end), count) in enumerate(zip(bins, counts, strict=True)):
        if count:
            height = max(1.0, abs(room) * count / most)
            pairs = f"{count:,} {kind} pair{'' if count == 1 else 's'}"
            words = f"{pairs} with a score of {words_of(start)} to {words_of(end)}"
            y = middle - height if room > 0 else middle
            x = frame.left + number * width if high > low else frame.left
            found.append(Bar(round(x + 0.5, 1), round(y, 1), round(width - 1, 1), round(height, 1), words))
    return found
