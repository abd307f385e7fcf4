"""Groups of duplicates as a table: one row per picture."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from copytrace.deduplication.records import picture_dict
from copytrace.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.deduplication.records import Duplicates

COLUMNS = (
    *("group", "id", "path", "role", "kind", "probability", "likelihood_ratio", "edits"),
    *("width", "height", "bytes", "taken"),
)


def write_groups(path: Path, found: Duplicates) -> None:
    """Write a CSV file; `role` is keep, copy or same scene."""
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(_rows(found))


def _rows(found: Duplicates) -> Iterator[dict[str, Any]]:
    for number, group in enumerate(found.groups, 1):
        yield {"group": number, "role": "keep", **picture_dict(group.kept)}
        for member in group.members:
            row = member.to_dict()
            role = "copy" if member.is_copy else "same scene"
            yield row | {"group": number, "role": role, "edits": "; ".join(row["edits"])}
