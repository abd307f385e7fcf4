"""ID lists: text files with one ID per line, such as query_ids.txt of a benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.submissions.text_rows import text_rows
from copytrace.vectors.faults import Faults
from copytrace.vectors.id_rules import judge_ids

if TYPE_CHECKING:
    from pathlib import Path

HEADERS = ("query_id", "reference_id")
"""First lines that name a column, not an image, as in a CSV file with one column."""


def read_id_list(path: Path) -> list[str]:
    """Read a list of IDs, one per line, in the order of the file; blank lines are skipped.

    A CSV file with one column and the header `query_id` or `reference_id` is also such a list.

    Raises:
        SubmissionError: the file cannot be opened, is not UTF-8 text, is a CSV file with several columns, has no
            ID, or has a repeated or invalid one.
    """
    faults = Faults(path)
    ids = [row for _, row in text_rows(path)]
    if ids and ids[0].startswith(tuple(f"{header}," for header in HEADERS)):
        faults.add(
            "is a CSV file with several columns, such as a ground truth; expected a list with one ID per line."
        )
        faults.raise_if_any()
    if ids and ids[0] in HEADERS:
        del ids[0]
    if not ids:
        faults.add("has no IDs; expected a text file with one ID per line.")
    judge_ids(ids, "the list", faults)
    faults.raise_if_any()
    return ids
