"""The truth: a CSV file of the true pairs, `query_id,reference_id`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from copytrace.errors import SubmissionError
from copytrace.records import Truth
from copytrace.submissions.csv_columns import read_columns
from copytrace.submissions.faults import Faults, shown
from copytrace.submissions.ids import id_problem

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ("query_id", "reference_id")


def read_truth(path: Path) -> Truth:
    """Read a truth; a query without a copy has one row with an empty `reference_id`.

    Raises:
        SubmissionError: the file cannot be read, its header or a row is not as wanted, a row is repeated, or a
            query stands both with a reference and without.
    """
    faults = Faults(path)
    columns = read_columns(path, HEADER, faults)
    if columns is None:
        raise SubmissionError(faults.sentences())
    pairs = list(zip(columns.texts("query_id"), columns.texts("reference_id"), strict=True))
    numbers = [columns.row_number(row) for row in range(len(pairs))]
    _judge_rows(pairs, numbers, faults)
    faults.raise_if_any()
    true_pairs = [pair for pair in pairs if pair[1]]
    return Truth(
        query_ids=list(dict.fromkeys(query_id for query_id, _ in pairs)),
        pair_query_ids=[query_id for query_id, _ in true_pairs],
        pair_reference_ids=[reference_id for _, reference_id in true_pairs],
    )


def _judge_rows(pairs: list[tuple[str, str]], numbers: list[int], faults: Faults) -> None:
    if not pairs:
        faults.add("has no rows; at least one query is wanted.")
    for number, pair in zip(numbers, pairs, strict=True):
        for name, image_id in zip(HEADER, pair, strict=True):
            # Only the reference may be empty: it says that the query has no copy.
            optional = name == "reference_id" and not image_id
            if not optional and (problem := id_problem(image_id)):
                faults.add(f"row {number}: the {name} {shown(image_id)} {problem}.")
    repeated = [(pair, count) for pair, count in Counter(pairs).items() if count > 1]
    faults.add_kind(
        (
            f"the row {shown(','.join(pair))} stands {count} times; once is wanted."
            for pair, count in repeated
        ),
        len(repeated),
        "rows are repeated",
    )
    with_copy = {query_id for query_id, reference_id in pairs if reference_id}
    torn = list(dict.fromkeys(query for query, reference in pairs if not reference and query in with_copy))
    faults.add_kind(
        (
            f"the query {shown(query_id)} stands both with a reference and without (an empty reference_id);"
            " keep one of the two."
            for query_id in torn
        ),
        len(torn),
        "queries stand both with a reference and without",
    )
