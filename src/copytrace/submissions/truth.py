"""The ground truth: a CSV file of the true pairs, `query_id,reference_id`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copytrace.errors import SubmissionError
from copytrace.records import Truth
from copytrace.submissions.arrow_texts import ArrowTexts
from copytrace.submissions.csv_columns import read_columns
from copytrace.submissions.id_columns import judge_id_column, repeated_pairs
from copytrace.vectors.faults import Faults, shown

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.submissions.csv_columns import Columns

HEADER = ("query_id", "reference_id")

MISSING_VALUES = ("nan", "NaN", "None", "null", "NULL", "<NA>")
"""What data-frame libraries write for an empty value; as an ID, it would be a copy that cannot be found."""


def read_truth(path: Path) -> Truth:
    """Read a ground truth; a query without a copy has one row with an empty `reference_id`.

    Raises:
        SubmissionError: the file cannot be read, its header or a row is invalid, a row is repeated, or a query
            appears both with and without a reference.
    """
    faults = Faults(path)
    columns = read_columns(path, HEADER, faults)
    if columns is None:
        raise SubmissionError(faults.sentences())
    _judge_rows(columns, faults)
    faults.raise_if_any()
    queries, references = (columns.column(name) for name in HEADER)
    with_copy = pc.not_equal(references, "")
    return Truth(
        query_ids=ArrowTexts(queries.unique()),
        pair_query_ids=ArrowTexts(queries.filter(with_copy)),
        pair_reference_ids=ArrowTexts(references.filter(with_copy)),
    )


def _judge_rows(columns: Columns, faults: Faults) -> None:
    if columns.rows == 0:
        faults.add("has no rows; expected at least one query.")
    judge_id_column(columns, "query_id", faults)
    # Only the reference may be empty: the query then has no copy.
    judge_id_column(columns, "reference_id", faults, optional=True)
    _judge_missing_values(columns, faults)
    queries, references = (columns.column(name).dictionary_encode() for name in HEADER)
    repeated = repeated_pairs(queries, references)
    faults.add_kind(
        (
            f"the row {shown(f'{queries[row].as_py()},{references[row].as_py()}')} appears {count} times; expected"
            " once."
            for row, count in repeated
        ),
        len(repeated),
        "rows are repeated",
    )
    torn = _torn(queries, columns.column("reference_id"))
    faults.add_kind(
        (
            f"the query {shown(query_id)} appears both with a reference and without one (an empty reference_id);"
            " keep one of the two."
            for query_id in torn
        ),
        len(torn),
        "queries appear both with and without a reference",
    )


def _judge_missing_values(columns: Columns, faults: Faults) -> None:
    references = columns.column("reference_id")
    rows = np.flatnonzero(pc.is_in(references, value_set=pa.array(MISSING_VALUES, references.type)))
    faults.add_kind(
        (
            f"row {columns.row_number(row)}: the reference_id {shown(references[row].as_py())} means a missing "
            "value; leave it empty if the query has no copy."
            for row in rows.tolist()
        ),
        len(rows),
        "rows have a reference_id that means a missing value",
    )


def _torn(queries: Any, references: Any) -> list[str]:  # noqa: ANN401 - pyarrow ships no types
    """The queries that appear both with and without a reference."""
    code = queries.indices.to_numpy()
    with_copy = pc.not_equal(references, "").to_numpy(zero_copy_only=False)
    both = np.intersect1d(code[with_copy], code[~with_copy])
    torn: list[str] = queries.dictionary.take(both).to_pylist()
    return torn
