"""The breakdown of a score as a picture: a bar for each group of copies."""

from __future__ import annotations

from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from copytrace.reports.picture_file import (
    CURVE,
    FAINT,
    GRID,
    INK,
    POINT,
    TITLE_LENGTH,
    counted,
    save_picture,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from copytrace.evaluation import AspectScores, GroupScore
    from copytrace.records import Score

ROW = 0.235
"""Inches from one row to the next."""

COLUMN, MARGIN, HEAD = 4.6, 0.35, 1.15
"""Inches: the width of a column, the room around the columns, and that for the title."""

ROWS_PER_COLUMN = 30
"""A column is longer only where three of them do not hold all rows."""

NAME_WIDTH, COUNT_WIDTH, FIGURE_WIDTH = 1.45, 0.5, 0.55
"""Inches: left of the bars the names and the numbers of true pairs, right of them micro-AP in figures."""

NAME_LENGTH = 20
"""A longer name would reach into the number beside it."""

BAR_WIDTH = COLUMN - NAME_WIDTH - COUNT_WIDTH - FIGURE_WIDTH

DOT: dict[str, Any] = {"marker": "o", "color": POINT, "markersize": 4.6, "markeredgecolor": "white"}


class _Row(NamedTuple):
    """A line of the picture: a title, a heading, a group or a gap.

    Attributes:
        height: in rows; what is written stands at its foot.
        style: of the words.
        name: the words.
        group: whose figures the line shows, if any.
    """

    height: float
    style: dict[str, Any]
    name: str = ""
    group: GroupScore | None = None


TITLE: dict[str, Any] = {"fontsize": 10, "fontweight": "bold", "color": INK}
HEADING: dict[str, Any] = {"fontsize": 8.5, "color": FAINT}
NAME: dict[str, Any] = {"fontsize": 8.5, "color": INK}


def draw_breakdown(breakdown: Sequence[AspectScores], score: Score, path: Path, name: str) -> None:
    """Draw micro-AP of each group as a bar, and recall at precision 90% as a point; equal inputs, equal file.

    Args:
        breakdown: at least one aspect.
        score: that of the whole, for the title.
        path: a .svg or .png file; one that is there is replaced.
        name: what is drawn, for the line under the title.

    Raises:
        InputError: another kind of file, or a folder that does not exist.
    """
    with save_picture(path) as save:
        save(_draw(breakdown, score, name))


def _draw(breakdown: Sequence[AspectScores], score: Score, name: str) -> Figure:
    columns = _columns([_rows(aspect) for aspect in breakdown])
    height = HEAD + ROW * max(map(_height, columns)) + MARGIN
    # The title and the legend take the width of two columns, even where there is one.
    width = MARGIN + (COLUMN + MARGIN) * max(2, len(columns))
    figure = Figure(figsize=(width, height))
    _write_head(figure, score, name)
    for number, rows in enumerate(columns):
        left = MARGIN + number * (COLUMN + MARGIN) + NAME_WIDTH + COUNT_WIDTH
        tall = ROW * _height(rows)
        box = (left / width, (height - HEAD - tall) / height, BAR_WIDTH / width, tall / height)
        _draw_rows(figure.add_axes(box), rows)
    return figure


def _rows(aspect: AspectScores) -> list[_Row]:
    rows = [_Row(1.1, TITLE, aspect.title)]
    for depth, name, group in aspect.outline():
        # A heading keeps its distance from the group above it.
        height = 1.4 if group is None and len(rows) > 1 else 1.0
        rows.append(
            _Row(
                height,
                HEADING if group is None else NAME,
                "   " * depth + shortened(name, NAME_LENGTH),
                group,
            )
        )
    return [*rows, _Row(1.0, NAME)]


def _height(rows: Sequence[_Row]) -> float:
    return sum(row.height for row in rows)


def _columns(blocks: Sequence[list[_Row]]) -> list[list[_Row]]:
    """The aspects' rows in up to three columns of about the same length; no aspect is torn."""
    total = sum(map(_height, blocks))
    count = min(3, ceil(total / ROWS_PER_COLUMN), len(blocks))
    columns: list[list[_Row]] = [[] for _ in range(count)]
    for block, end in zip(blocks, accumulate(map(_height, blocks)), strict=True):
        # A block belongs where its middle lies when all rows stand in one line.
        columns[int((end - _height(block) / 2) * count / total)] += block
    return [column for column in columns if column]


def _draw_rows(axes: Axes, rows: Sequence[_Row]) -> None:
    axes.set(xlim=(0, 1), ylim=(_height(rows), 0))
    axes.axis("off")
    for row, end in zip(rows, accumulate(row.height for row in rows), strict=True):
        y = end - 0.5
        axes.text(-(NAME_WIDTH + COUNT_WIDTH) / BAR_WIDTH, y, row.name, va="center", **row.style)
        if row.group is not None:
            _draw_group(axes, y, row.group)


def _draw_group(axes: Axes, y: float, group: GroupScore) -> None:
    axes.text(
        -0.1 / BAR_WIDTH, y, f"{group.true_pairs:,}", va="center", ha="right", fontsize=7.5, color=FAINT
    )
    axes.barh(y, 1, height=0.62, color=GRID, alpha=0.6)
    axes.barh(y, group.micro_ap, height=0.62, color=CURVE, alpha=0.85)
    axes.plot(group.recall_at_p90, y, clip_on=False, **DOT)
    axes.text(1 + 0.1 / BAR_WIDTH, y, f"{group.micro_ap:.3f}", va="center", **NAME)


def _write_head(figure: Figure, score: Score, name: str) -> None:
    width, height = figure.get_size_inches()
    left, top = MARGIN / width, 1 - MARGIN / height
    title = f"micro-AP {score.micro_ap:.4f}, by kind of copy"
    figure.text(left, top, title, fontsize=15, fontweight="bold", va="top")
    facts = (
        shortened(name, TITLE_LENGTH),
        counted(score.true_pairs, "true pair"),
        "beside each group its number of true pairs",
    )
    figure.text(left, top - 0.34 / height, "   ·   ".join(facts), fontsize=9, color=FAINT, va="top")
    figure.legend(
        handles=[
            Patch(color=CURVE, alpha=0.85, label="micro-AP"),
            Line2D([], [], linestyle="", label="recall at precision 90%", **DOT),
        ],
        loc="upper right",
        bbox_to_anchor=(1 - MARGIN / width, 1 - (MARGIN - 0.08) / height),
        borderaxespad=0,
        ncols=2,
        frameon=False,
        fontsize=9,
        handletextpad=0.4,
        columnspacing=1.6,
    )
