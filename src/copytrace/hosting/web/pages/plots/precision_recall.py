"""The precision-recall curve of a submission on the public part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copytrace.hosting.web.pages.plots.axes import Frame, Tick, round_values, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def precision_recall(plots: Mapping[str, Any], measures: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers for `plots/precision_recall.html`; the area under the line is micro-AP."""
    frame = Frame()
    points = []
    edges, heights = plots["recall"], plots["precision"]
    for left, right, height in zip(edges, edges[1:], heights, strict=False):
        y = frame.y(height, 0, 1)
        points += [(frame.x(left, 0, 1), y), (frame.x(right, 0, 1), y)]
    line = " ".join(f"{'L' if index else 'M'}{x} {y}" for index, (x, y) in enumerate(points))
    recall = measures.get("recall_at_p90") or 0.0
    return {
        "frame": frame,
        "line": line,
        "area": f"{line} L{points[-1][0]} {frame.bottom} L{points[0][0]} {frame.bottom} Z" if points else "",
        "ticks_x": [Tick(frame.x(value, 0, 1), words_of(value)) for value in round_values(0, 1)],
        "ticks_y": [Tick(frame.y(value, 0, 1), words_of(value)) for value in round_values(0, 1)],
        "wanted_y": frame.y(0.9, 0, 1),
        "point_x": frame.x(recall, 0, 1) if recall else None,
        "recall": recall,
        "micro_ap": measures.get("micro_ap"),
    }
