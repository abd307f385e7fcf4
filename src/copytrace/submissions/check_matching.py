"""Checks a submission of the matching track against the IDs of a challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.records import PAIRS_PER_QUERY
from copytrace.submissions.id_columns import repeated_pairs
from copytrace.submissions.matching_track import HEADER, read_scored_pairs
from copytrace.vectors.faults import shown
from copytrace.vectors.id_rules import id_problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from copytrace.submissions.csv_columns import Columns
    from copytrace.vectors.faults import Faults


def check_matching(
    path: Path, queries: Collection[str] | None, references: Collection[str] | None, faults: Faults
) -> dict[str, int | float | str]:
    """Record all faults of a matching submission.

    Args:
        path: the CSV file.
        queries: all query IDs of the challenge; None: neither queries nor the number of rows is checked.
        references: all reference IDs; None: not checked.
        faults: collects the faults.

    Returns:
        The file's content: rows, queries, references, lowest and highest score.
    """
    most_rows = None if queries is None else PAIRS_PER_QUERY * len(queries)
    found = read_scored_pairs(path, faults, most_rows=most_rows)
    if found is None:
        return {}
    columns, scores = found
    if columns.rows == 0:
        faults.add("has no rows; expected at least one pair.")
        return {"rows": 0}
    if most_rows is not None and columns.rows > most_rows:
        faults.add(
            f"has {columns.rows:,} rows; expected at most {most_rows:,}, {PAIRS_PER_QUERY} per query of the"
            " challenge on average. Keep the rows with the highest scores."
        )
    query_ids, reference_ids = (columns.column(name).dictionary_encode() for name in HEADER[:2])
    _judge_known(columns, "query_id", query_ids, queries, faults)
    _judge_known(columns, "reference_id", reference_ids, references, faults)
    _judge_repeats(columns, query_ids, reference_ids, faults)
    facts: dict[str, int | float | str] = {
        "rows": columns.rows,
        "queries": len(query_ids.dictionary),
        "references": len(reference_ids.dictionary),
    }
    finite = scores[np.isfinite(scores)]
    if len(finite):
        facts |= {"lowest_score": float(finite.min()), "highest_score": float(finite.max())}
    return facts


def _judge_known(
    columns: Columns,
    name: str,
    ids: Any,  # noqa: ANN401 - an Arrow array; pyarrow ships no types
    known: Collection[str] | None,
    faults: Faults,
) -> None:
    """Record the IDs that do not belong to the challenge, each with its first row."""
    if known is None:
        return
    known = frozenset(known)
    unknown = [
        (code, image_id)
        for code, image_id in enumerate(ids.dictionary.to_pylist())
        if image_id not in known and not id_problem(image_id)
    ]
    codes = ids.indices.to_numpy()
    faults.add_kind(
        (
            f"row {columns.row_number(int(np.argmax(codes == code)))}: the {name} {shown(image_id)} is not in the list"
            " of IDs; use only IDs of the challenge."
            for code, image_id in unknown
        ),
        len(unknown),
        f"IDs of the column {name} are not in the list of IDs",
    )


def _judge_repeats(columns: Columns, query_ids: Any, reference_ids: Any, faults: Faults) -> None:  # noqa: ANN401 - Arrow
    """Record repeated pairs, in the order of their first rows."""
    repeated = repeated_pairs(query_ids, reference_ids)
    faults.add_kind(
        (
            f"row {columns.row_number(row)}: the pair of {shown(query_ids[row].as_py())} and"
            f" {shown(reference_ids[row].as_py())} appears {count} times; keep one row per pair,"
            " the one with the highest score."
            for row, count in repeated
        ),
        len(repeated),
        "pairs are repeated",
    )
