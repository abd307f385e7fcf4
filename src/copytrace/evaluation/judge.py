"""Compares predictions with the ground truth: which rows count, and which of them are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copytrace.errors import EvaluationError
from copytrace.evaluation.duplicates import first_duplicate, first_duplicate_pair
from copytrace.evaluation.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.records import BoolArray, IndexArray, Matches, Truth

UNKNOWN = -1


def judge(matches: Matches, truth: Truth) -> Judged:
    """Judge every prediction whose query is in the ground truth; rows of other queries are ignored.

    One submission can therefore be compared with any part of the ground truth (public, private), and only the queries
    of that part count. A judged pair that is predicted twice is refused rather than counted once, since it is unclear
    which score was meant.

    Args:
        matches: n predictions, in any order.
        truth: the queries that are judged, and their true pairs.

    Raises:
        EvaluationError: columns differ in length, a score is not finite, or a judged pair is predicted twice; or the
            ground truth repeats a query or a pair, has a pair of an unlisted query, or has no pair.

    >>> from copytrace.records import Matches, Truth
    >>> truth = Truth(query_ids=["Q1", "Q2"], pair_query_ids=["Q1"], pair_reference_ids=["R7"])
    >>> matches = Matches(["Q1", "Q9", "Q2"], ["R7", "R7", "R7"], np.array([0.9, 0.8, 0.7]))
    >>> judge(matches, truth).correct  # Q9 is not in the truth
    array([ True, False])
    """
    _check_lengths(matches, truth)
    queries = _strings(truth.query_ids)
    references = _strings(truth.pair_reference_ids).unique()
    true_query = _positions(_strings(truth.pair_query_ids), queries)
    true_pair = true_query * len(references) + _positions(_strings(truth.pair_reference_ids), references)
    _check_truth(truth, queries, true_query, true_pair)
    row_query = _positions(_strings(matches.query_ids), queries)
    row_reference_id = _strings(matches.reference_ids)
    row_reference = _positions(row_reference_id, references)
    judged = row_query != UNKNOWN
    # Most rows name a reference of no true pair, and need no look-up.
    possible = np.flatnonzero(judged & (row_reference != UNKNOWN))
    row_pair = row_query[possible] * len(references) + row_reference[possible]
    correct = np.zeros(len(judged), dtype=np.bool_)
    correct[possible] = _among(row_pair, true_pair)
    _check_distinct(row_query, row_reference_id, np.flatnonzero(judged), matches)
    return Judged(
        correct=correct[judged],
        scores=np.asarray(matches.scores, dtype=np.float64)[judged],
        query=row_query[judged],
        positives=np.bincount(true_query, minlength=len(queries)),
    )


def _strings(ids: Sequence[str]) -> Any:  # noqa: ANN401 - pyarrow has no types
    return pa.array(ids, type=pa.string())


def _positions(ids: Any, among: Any) -> IndexArray:  # noqa: ANN401 - pyarrow has no types
    """The position of each ID in `among`, or UNKNOWN."""
    positions = pc.index_in(ids, value_set=among).fill_null(UNKNOWN)
    return np.asarray(positions, dtype=np.int64)


def _among(values: IndexArray, wanted: IndexArray) -> BoolArray:
    """(n,) bool, whether each value is in the set; a hash lookup, faster than the sort of np.isin."""
    return np.asarray(pc.is_in(pa.array(values), value_set=pa.array(wanted)), dtype=np.bool_)


def _check_lengths(matches: Matches, truth: Truth) -> None:
    lengths = (len(matches.query_ids), len(matches.reference_ids), len(matches.scores))
    if len(set(lengths)) > 1:
        raise EvaluationError(
            f"The predictions have {lengths[0]} query_ids, {lengths[1]} reference_ids and "
            f"{lengths[2]} scores; expected one of each per prediction."
        )
    if len(truth.pair_query_ids) != len(truth.pair_reference_ids):
        raise EvaluationError(
            f"The ground truth has {len(truth.pair_query_ids)} pair_query_ids and "
            f"{len(truth.pair_reference_ids)} pair_reference_ids; expected one of each per true pair."
        )


def _check_truth(truth: Truth, queries: Any, true_query: IndexArray, true_pair: IndexArray) -> None:  # noqa: ANN401 - pyarrow has no types
    """Refuse repeated queries and pairs: they would count twice in the denominator of every measure."""
    repeat = first_duplicate(_positions(queries, queries))
    if repeat is not None:
        raise EvaluationError(f"The ground truth lists query {truth.query_ids[repeat]} twice; expected once.")
    if (true_query == UNKNOWN).any():
        query_id = truth.pair_query_ids[int(np.argmin(true_query))]
        raise EvaluationError(
            f"The ground truth has a true pair of query {query_id}, which is not among its query_ids; "
            "list every judged query there."
        )
    repeat = first_duplicate(true_pair)
    if repeat is not None:
        raise EvaluationError(
            f"The ground truth lists the pair ({truth.pair_query_ids[repeat]}, {truth.pair_reference_ids[repeat]}) "
            "twice; expected once."
        )


def _check_distinct(row_query: IndexArray, row_reference_id: Any, rows: IndexArray, matches: Matches) -> None:  # noqa: ANN401 - pyarrow has no types
    repeat = first_duplicate_pair(row_query[rows], row_reference_id.take(pa.array(rows)))
    if repeat is not None:
        row = int(rows[repeat])
        raise EvaluationError(
            f"The pair ({matches.query_ids[row]}, {matches.reference_ids[row]}) is predicted again in "
            f"prediction {row + 1}; each pair may be predicted once. "
            "Find all repeated pairs: copytrace check SUBMISSION"
        )
