"""The breakdown of a score: as a table, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copytrace.cli.tables import Cell, Column, Row, show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.evaluation import AspectScores, GroupScore

BAR_WIDTH = 16


def breakdown_as_json(breakdown: Sequence[AspectScores]) -> dict[str, list[dict[str, Any]]]:
    """The groups of each aspect, with their names and figures, by key."""
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


def show_breakdown(breakdown: Sequence[AspectScores]) -> None:
    """Print one table of all groups, with a heading for each aspect."""
    columns = [
        Column("copies by"),
        Column("pairs", right=True),
        Column("micro-AP", right=True),
        Column(""),
        Column("recall@P90", right=True),
    ]
    rows: list[Row] = []
    for aspect in breakdown:
        rows += [(), (Cell(aspect.title, "bold"),)]
        for depth, name, group in aspect.outline():
            label = Cell("  " * (depth + 1) + name)
            rows.append((label,) if group is None else (label, *_figures(group)))
    show_table(columns, rows)


def _figures(group: GroupScore) -> Row:
    bar = Cell("█" * round(group.micro_ap * BAR_WIDTH), "blue")
    return (
        Cell(f"{group.true_pairs:,}"),
        Cell(f"{group.micro_ap:.4f}"),
        bar,
        Cell(f"{group.recall_at_p90:.4f}"),
    )
