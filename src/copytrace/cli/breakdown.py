"""How the breakdown of a score looks on a terminal, and in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from copytrace.evaluation import AspectScores

BAR_WIDTH = 16


def breakdown_as_json(breakdown: Sequence[AspectScores]) -> dict[str, list[dict[str, Any]]]:
    """The groups of each aspect by its key, each with its names and figures."""
    return {
        aspect.key: [
            dict(zip(aspect.columns, group.names, strict=True))
            | {
                "true_pairs": group.true_pairs,
                "micro_ap": group.micro_ap,
                "recall_at_p90": group.recall_at_p90,
            }
            for group in aspect.groups
        ]
        for aspect in breakdown
    }


def breakdown_table(breakdown: Sequence[AspectScores]) -> Table:
    """One table of all groups, under a heading for each aspect."""
    from rich.bar import Bar
    from rich.table import Table
    from rich.text import Text

    table = Table("copies by", "true pairs", "micro-AP", "", "recall@P90", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for column in (1, 2, 4):
        table.columns[column].justify = "right"
    for aspect in breakdown:
        table.add_row()
        table.add_row(Text(aspect.title, style="bold"))
        for depth, name, group in aspect.outline():
            # A name from a file is text: no brackets in it are markup.
            cells: list[Any] = [Text("  " * (depth + 1) + name)]
            if group is not None:
                bar = Bar(1, 0, group.micro_ap, width=BAR_WIDTH, color="blue")
                cells += [f"{group.true_pairs:,}", f"{group.micro_ap:.4f}", bar, f"{group.recall_at_p90:.4f}"]
            table.add_row(*cells)
    return table
