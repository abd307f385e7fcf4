"""The matching track: a CSV file of scored pairs, `query_id,reference_id,score`."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copytrace.errors import SubmissionError
from copytrace.files import whole_file
from copytrace.records import Matches
from copytrace.submissions.csv_columns import read_columns
from copytrace.submissions.id_columns import judge_id_column
from copytrace.vectors.faults import Faults, shown
from copytrace.vectors.id_rules import unusable_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copytrace.records import FloatArray
    from copytrace.submissions.csv_columns import Columns

HEADER = ("query_id", "reference_id", "score")


def read_matches(path: Path) -> Matches:
    """Read a matching submission, in the order of its rows; a file with only the header has no matches.

    Raises:
        SubmissionError: the file cannot be read, or its header, a row, an ID or a score is invalid.
            `check_submission` checks whether IDs belong to a challenge, pairs repeat, or there are too many rows.
    """
    faults = Faults(path)
    found = read_scored_pairs(path, faults)
    if faults or found is None:
        raise SubmissionError(faults.sentences())
    columns, scores = found
    return Matches(columns.texts("query_id"), columns.texts("reference_id"), scores)


def read_scored_pairs(
    path: Path, faults: Faults, *, most_rows: int | None = None
) -> tuple[Columns, FloatArray] | None:
    """Read the columns and the scores, and record every invalid row.

    Returns:
        The text columns, and (n,) float64 scores, NaN for an invalid score; None if nothing can be read.
    """
    columns = read_columns(path, HEADER, faults, most_rows=most_rows)
    if columns is None:
        return None
    for name in HEADER[:2]:
        judge_id_column(columns, name, faults)
    return columns, _scores(columns, faults)


def write_matches(path: Path, matches: Matches, places: Sequence[tuple[str, str]] | None = None) -> None:
    """Write a matching submission; scores are written so that reading returns the same float64.

    Args:
        path: the file to write.
        matches: the scored pairs.
        places: the file or URL of both images of each match, as two more columns. A challenge does not accept these.

    Raises:
        SubmissionError: an ID cannot be written (it is empty or has a line break), or a score is not finite.
    """
    faults = Faults(path)
    for ids in (matches.query_ids, matches.reference_ids):
        for row, problem in unusable_ids(ids):
            faults.add(f"not written: the ID {shown(ids[row])} of match {row} {problem}.")
    for row in np.flatnonzero(~np.isfinite(matches.scores))[:1]:
        faults.add(f"not written: match {row} has the score {matches.scores[row]}; expected a finite score.")
    faults.raise_if_any()
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        pairs = zip(matches.query_ids, matches.reference_ids, matches.scores.tolist(), strict=True)
        if places is None:
            rows.writerow(HEADER)
            rows.writerows(pairs)
        else:
            rows.writerow((*HEADER, "query_file", "reference_file"))
            rows.writerows((*pair, *files) for pair, files in zip(pairs, places, strict=True))


def _scores(columns: Columns, faults: Faults) -> FloatArray:
    texts = columns.column("score")
    unparsable: list[int] = []
    try:
        numbers = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        unparsable = list(_unparsable(texts))
        broken = np.zeros(len(texts), bool)
        broken[unparsable] = True
        numbers = pc.cast(pc.if_else(pa.array(broken), "nan", texts), pa.float64())
    faults.add_kind(
        (
            f"row {columns.row_number(row)}: the score {shown(texts[row].as_py())} is not a number"
            f"{_advice(texts[row].as_py())}"
            for row in unparsable
        ),
        len(unparsable),
        "rows have a score that is not a number",
    )
    scores: FloatArray = numbers.to_numpy(zero_copy_only=False)
    infinite = np.setdiff1d(np.flatnonzero(~np.isfinite(scores)), unparsable)
    faults.add_kind(
        (
            f"row {columns.row_number(row)}: the score {scores[row]} is not finite; expected a finite number."
            for row in infinite.tolist()
        ),
        len(infinite),
        "rows have a score that is not finite",
    )
    return scores


def _advice(text: str) -> str:
    if text != text.strip():
        return "; remove the spaces around it."
    return "; expected a finite number, such as 0.93."


def _unparsable(texts: Any, start: int = 0) -> Iterator[int]:  # noqa: ANN401 - pyarrow ships no types
    """The rows whose text is not a number, found by bisection, so that Arrow alone decides what a number is."""
    try:
        pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        if len(texts) == 1:
            yield start
            return
        half = len(texts) // 2
        yield from _unparsable(texts[:half], start)
        yield from _unparsable(texts[half:], start + half)
