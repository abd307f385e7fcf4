"""The directive `mermaid`: draws the simple flowcharts of these pages as SVG, without scripts or a network.

Understands `flowchart LR` with nodes `name["text<br>more"]` and edges `a --> b` and `a -. "label" .-> b`. Charts are
drawn from top to bottom, since a page is narrow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from itertools import count
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx

_NODE = r'(\w+)(?:\["(.*?)"\])?'
_EDGE = re.compile(rf'\s*{_NODE} (?:-->|-\. "(.*?)" \.->) {_NODE}\s*')
COLUMN, ROW, HEIGHT, MARGIN = 340, 84, 50, 12
"""Pixels: the pitch of columns and rows, the height of a box, the space around it."""


@dataclass
class Flowchart:
    """Boxes with their texts, and the arrows between them.

    Attributes:
        texts: by name, in the order in which they are first mentioned.
        edges: from, to, label; a labelled edge is dashed.
    """

    texts: dict[str, str] = field(default_factory=dict)
    edges: list[tuple[str, str, str | None]] = field(default_factory=list)

    def before(self, name: str) -> list[str]:
        """The boxes with an arrow to this one."""
        return [start for start, end, _ in self.edges if end == name]

    def after(self, name: str) -> list[str]:
        """The boxes to which this one has an arrow."""
        return [end for start, end, _ in self.edges if start == name]


def parse(lines: Iterable[str]) -> Flowchart:
    """Read a flowchart.

    Raises:
        ValueError: a line is neither the heading nor an edge.
    """
    chart = Flowchart()
    for line in lines:
        if line.strip() == "flowchart LR":
            continue
        edge = _EDGE.fullmatch(line)
        if edge is None:
            raise ValueError(f"not an edge of a flowchart: {line.strip()}")
        start, start_text, label, end, end_text = edge.groups()
        for name, text in ((start, start_text), (end, end_text)):
            if text is not None or name not in chart.texts:
                chart.texts[name] = text or name
        chart.edges.append((start, end, label))
    return chart


def places(chart: Flowchart) -> dict[str, tuple[int, int]]:
    """Column and row of each box: rows follow the arrows, and a box stays in the column of the one before it.

    >>> places(parse(["a --> b", "b --> c", "d --> c"]))
    {'a': (0, 0), 'b': (0, 1), 'd': (1, 1), 'c': (0, 2)}
    """

    def row(name: str) -> int:
        return max((row(start) + 1 for start in chart.before(name)), default=0)

    rows = {name: row(name) for name in chart.texts}
    for name in chart.texts:
        if not chart.before(name):
            rows[name] = min(rows[end] for end in chart.after(name)) - 1
    placed: dict[str, tuple[int, int]] = {}
    for name in sorted(chart.texts, key=rows.__getitem__):
        before = [placed[start][0] for start in chart.before(name)]
        columns = (*before[:1], *range(len(chart.texts)))
        column = next(each for each in columns if (each, rows[name]) not in placed.values())
        placed[name] = column, rows[name]
    return placed


def draw(chart: Flowchart, marker: str) -> str:
    """The flowchart as SVG; `marker` is an ID for its arrow heads that the page uses once."""
    placed = places(chart)
    width = COLUMN * (1 + max(column for column, _ in placed.values()))
    height = ROW * max(row for _, row in placed.values()) + HEIGHT + 2 * MARGIN
    head = (
        f'<svg class="flowchart" viewBox="0 0 {width} {height}" width="{width}" xmlns="http://www.w3.org/2000/svg">'
        f'<marker id="{marker}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker>'
    )
    arrows = (_arrow(placed[start], placed[end], label, marker) for start, end, label in chart.edges)
    boxes = (line for name, text in chart.texts.items() for line in _box(placed[name], text))
    return "\n".join((head, *arrows, *boxes, "</svg>"))


def _arrow(start: tuple[int, int], end: tuple[int, int], label: str | None, marker: str) -> str:
    x, to_x = (COLUMN * (column + 0.5) for column, _ in (start, end))
    y, to_y = MARGIN + ROW * start[1] + HEIGHT, MARGIN + ROW * end[1]
    if x == to_x and end[1] - start[1] > 1:
        # Past other boxes of its column, from side to side.
        side, half = COLUMN * (start[0] + 1) - MARGIN, HEIGHT / 2
        path = f"M{side} {y - half}h{MARGIN * 0.8}V{to_y + half}H{side}"
    else:
        bend = (to_y - y) / 2
        path = f"M{x} {y}C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}"
    drawn = f'<path class="arrow{" dashed" if label else ""}" d="{path}" marker-end="url(#{marker})"/>'
    if label:
        drawn += (
            f'<text class="label" x="{COLUMN * (start[0] + 1) - MARGIN}" y="{y + 20}">{escape(label)}</text>'
        )
    return drawn


def _box(place: tuple[int, int], text: str) -> Iterator[str]:
    left, top = COLUMN * place[0] + MARGIN, ROW * place[1] + MARGIN
    yield f'<rect x="{left}" y="{top}" width="{COLUMN - 2 * MARGIN}" height="{HEIGHT}" rx="6"/>'
    lines = text.split("<br>")
    for number, line in enumerate(lines):
        y = top + HEIGHT / 2 + 4 + 18 * (number - (len(lines) - 1) / 2)
        kind = "first" if number == 0 else "more"
        yield f'<text class="{kind}" x="{left + COLUMN / 2 - MARGIN}" y="{y}">{escape(line)}</text>'


class Mermaid(SphinxDirective):
    """Draws the flowchart in its content."""

    has_content = True
    _numbers = count()

    def run(self) -> list[nodes.Node]:
        """The chart as HTML."""
        try:
            chart = parse(self.content)
        except ValueError as error:
            raise self.error(str(error)) from error
        return [nodes.raw("", draw(chart, f"arrow-{next(self._numbers)}"), format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True}
