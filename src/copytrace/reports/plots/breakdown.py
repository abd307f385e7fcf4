"""The breakdown of a score as a picture: one bar per group of copies."""

from __future__ import annotations

from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from copytrace.reports.plots.picture_file import counted, headline, save_picture, shortened
from copytrace.reports.plots.svg import Drawing, element, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copytrace.evaluation import AspectScores, GroupScore
    from copytrace.records import Score

ROW = 23.5
"""Distance between rows."""

COLUMN, MARGIN, HEAD = 460, 35, 115
"""The width of a column, the space around the columns, and the space for the title."""

ROWS_PER_COLUMN = 30
"""A column is longer only if three of them cannot hold all rows."""

NAME_WIDTH, COUNT_WIDTH, FIGURE_WIDTH = 145, 50, 55
"""Left of the bars are names and numbers of true pairs, right of them micro-AP in figures."""

NAME_LENGTH = 20
"""A longer name would run into the number next to it."""

INDENT = 10
BAR_WIDTH = COLUMN - NAME_WIDTH - COUNT_WIDTH - FIGURE_WIDTH
BAR_HEIGHT = 14.5


class _Row(NamedTuple):
    """A line of the picture: a title, a heading, a group or a gap.

    Attributes:
        height: in rows; text is at its bottom.
        class_: class of the text.
        name: the text.
        depth: indentation level.
        group: the group whose figures the line shows, if any.
    """

    height: float
    class_: str
    name: str = ""
    depth: int = 0
    group: GroupScore | None = None


def draw_breakdown(breakdown: Sequence[AspectScores], score: Score, path: Path, name: str) -> None:
    """Draw micro-AP of each group as a bar, and recall at precision 90% as a point; equal inputs give an equal file.

    Args:
        breakdown: at least one aspect.
        score: the overall score, for the title.
        path: a .svg or .png file; an existing one is replaced.
        name: name of the data, for the line below the title.

    Raises:
        InputError: the file has another type, or its folder does not exist.
    """
    save_picture(_draw(breakdown, score, name), path)


def _draw(breakdown: Sequence[AspectScores], score: Score, name: str) -> Drawing:
    columns = _columns([_rows(aspect) for aspect in breakdown])
    height = HEAD + ROW * max(map(_height, columns)) + MARGIN
    # The title and the legend need the width of two columns, even if there is only one.
    width = MARGIN + (COLUMN + MARGIN) * max(2, len(columns))
    title = f"micro-AP {score.micro_ap:.4f}, by kind of copy"
    facts = (counted(score.true_pairs, "true pair"), "numbers next to groups: true pairs")
    parts = [headline(title, name, facts, left=MARGIN), _legend(width - MARGIN)]
    for number, rows in enumerate(columns):
        left = MARGIN + number * (COLUMN + MARGIN)
        for row, end in zip(rows, accumulate(row.height for row in rows), strict=True):
            parts.append(_line(left, HEAD + ROW * (end - 0.5), row))
    return Drawing(width, height, title, Markup().join(parts))


def _rows(aspect: AspectScores) -> list[_Row]:
    rows = [_Row(1.1, "row strong", aspect.title)]
    for depth, name, group in aspect.outline():
        # A heading keeps its distance from the group above it.
        height = 1.4 if group is None and len(rows) > 1 else 1.0
        class_ = "row soft" if group is None else "row"
        rows.append(_Row(height, class_, shortened(name, NAME_LENGTH), depth, group))
    return [*rows, _Row(1.0, "row")]


def _height(rows: Sequence[_Row]) -> float:
    return sum(row.height for row in rows)


def _columns(blocks: Sequence[list[_Row]]) -> list[list[_Row]]:
    """The aspects' rows in up to three columns of similar length; no aspect is split."""
    total = sum(map(_height, blocks))
    count = min(3, ceil(total / ROWS_PER_COLUMN), len(blocks))
    columns: list[list[_Row]] = [[] for _ in range(count)]
    for block, end in zip(blocks, accumulate(map(_height, blocks)), strict=True):
        # A block goes into the column that contains its middle if all rows are placed in one line.
        columns[int((end - _height(block) / 2) * count / total)] += block
    return [column for column in columns if column]


def _line(left: float, middle: float, row: _Row) -> Markup:
    """A row whose column starts at `left`."""
    foot = middle + 4
    words = text(row.name, left + INDENT * row.depth, foot, row.class_)
    if row.group is None:
        return words
    bar = left + NAME_WIDTH + COUNT_WIDTH
    return Markup().join(
        (
            words,
            text(f"{row.group.true_pairs:,}", bar - 10, foot, "row soft", "end"),
            _bar("room", bar, middle, 1.0),
            _bar("bar", bar, middle, row.group.micro_ap),
            _dot(bar + BAR_WIDTH * row.group.recall_at_p90, middle),
            text(f"{row.group.micro_ap:.3f}", bar + BAR_WIDTH + 10, foot, "row"),
        )
    )


def _bar(class_: str, left: float, middle: float, share: float) -> Markup:
    top = middle - BAR_HEIGHT / 2
    return element("rect", class_=class_, x=left, y=top, width=BAR_WIDTH * share, height=BAR_HEIGHT)


def _dot(x: float, y: float) -> Markup:
    return element("circle", class_="mark-point", cx=x, cy=y, r=4)


def _legend(right: float) -> Markup:
    middle = 41
    point, bar = right - 152, right - 250
    return Markup().join(
        (
            element("rect", class_="bar", x=bar, y=middle - 5, width=22, height=10),
            text("micro-AP", bar + 28, middle + 4, "row"),
            _dot(point, middle),
            text("recall at precision 90%", point + 10, middle + 4, "row"),
        )
    )
